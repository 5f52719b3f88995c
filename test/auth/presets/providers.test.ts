// The tokens and key sets of providers as their documentation shows them: what gets in, what does not, and what
// the config check says of the commonest slip.

import { describe, expect, it } from 'vitest'
import { auth0 } from '../../../src/auth/presets/auth0.ts'
import { clerk } from '../../../src/auth/presets/clerk.ts'
import { cognito } from '../../../src/auth/presets/cognito.ts'
import { entra } from '../../../src/auth/presets/entra.ts'
import { google } from '../../../src/auth/presets/google.ts'
import { googleIap } from '../../../src/auth/presets/google-iap.ts'
import { keycloak } from '../../../src/auth/presets/keycloak.ts'
import { kinde } from '../../../src/auth/presets/kinde.ts'
import { logto } from '../../../src/auth/presets/logto.ts'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import { okta } from '../../../src/auth/presets/okta.ts'
import { ory } from '../../../src/auth/presets/ory.ts'
import { supabase } from '../../../src/auth/presets/supabase.ts'
import { workos } from '../../../src/auth/presets/workos.ts'
import { zitadel } from '../../../src/auth/presets/zitadel.ts'
import { UNSET } from '../../../src/options/schemas.ts'
import { refusal, START } from '../../support/gateway.ts'
import { type Published, slips, trust } from './provider-world.ts'

const anything = <T>(options: unknown) => options as T
const refused = (reason: string) => ({ status: 401, reason })
const STRANGER = 'the iss of the token is the issuer of no entry in schemes'

describe('auth0', () => {
  const options = { domain: 'acme.eu.auth0.com', audience: 'https://api.acme.example' }
  const iss = 'https://acme.eu.auth0.com/'
  const published: Published = {
    keys: `${iss}.well-known/jwks.json`,
    discovery: [`${iss}.well-known/openid-configuration`, iss],
    key: { x5t: 'x', x5c: ['MIID'] },
  }
  const aud = ['https://api.acme.example', `${iss}userinfo`]
  const user = { iss, sub: 'auth0|65f', aud, azp: 'x', scope: 'openid orders:read' }

  it('lets in tokens of both profiles, with their permissions as roles', async () => {
    for (const header of [{ typ: 'JWT' }, { typ: 'at+jwt' }]) {
      const { show } = await trust(auth0(options), { ...published, header })
      expect(await show({ ...user, permissions: ['orders:write'] })).toEqual({
        status: 200,
        kind: 'person',
        subject: 'auth0|65f',
        scopes: ['openid', 'orders:read'],
        roles: ['orders:write'],
      })
    }
  })

  it('refuses id tokens and tokens for other APIs', async () => {
    const { show } = await trust(auth0(options), published)
    expect(await show({ ...user, nonce: 'n' })).toEqual(
      refused('the token is an id token: it has nonce'),
    )
    expect(await show({ ...user, aud: `${iss}userinfo` })).toEqual(
      refused('aud does not name this API'),
    )
  })

  it('is checked', () => {
    expect(slips(auth0(options))).toEqual([])
    for (const domain of ['https://acme.eu.auth0.com', 'acme.eu.auth0.com/']) {
      expect(slips(auth0({ ...options, domain }))).toEqual([
        '.domain: must be the domain alone, for example acme.eu.auth0.com: no https:// and no slash',
      ])
    }
    const audience = 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja'
    expect(slips(auth0({ ...options, audience }))).toEqual([
      '.audience: must be the identifier of an API: the id of an application would let id tokens in',
    ])
    expect(slips(auth0(anything({ domain: undefined, audience: [] })))).toEqual([
      `.domain: ${UNSET}`,
      '.audience: is an empty list. Name at least one',
    ])
  })
})

describe('keycloak', () => {
  const options = { url: 'https://sso.acme.example/', realm: 'acme', audience: 'backend' }
  const iss = 'https://sso.acme.example/realms/acme'
  const keys = `${iss}/protocol/openid-connect/certs`
  const published: Published = {
    keys,
    discovery: [`${iss}/.well-known/openid-configuration`, iss],
    key: { x5c: ['MIIC'], 'x5t#S256': 'x' },
  }
  const user = {
    iss,
    sub: '36fa0f91',
    typ: 'Bearer',
    aud: ['backend', 'account'],
    azp: 'web',
    scope: 'email orders',
    realm_access: { roles: ['offline_access', 'auditor'] },
    resource_access: { backend: { roles: ['read'] }, account: { roles: ['manage-account'] } },
  }

  it('takes the roles of the realm and of the client together', async () => {
    const { show } = await trust(keycloak(options), published)
    expect(await show(user)).toMatchObject({
      status: 200,
      scopes: ['email', 'orders'],
      roles: ['offline_access', 'auditor', 'read'],
    })
    const both = await trust(keycloak({ ...options, client: ['backend', 'account'] }), published)
    expect(await both.show(user)).toMatchObject({
      roles: ['offline_access', 'auditor', 'read', 'manage-account'],
    })
  })

  it.each(['ID', 'Refresh', 'Offline', 'Logout', undefined])(
    'refuses tokens whose payload has the typ %s',
    async (typ) => {
      const { show } = await trust(keycloak(options), published)
      expect(await show({ ...user, typ })).toEqual(
        refused('the token is of another kind: it has no typ that is Bearer'),
      )
    },
  )

  it('is checked', () => {
    expect(slips(keycloak(options))).toEqual([])
    expect(slips(keycloak({ ...options, audience: ['backend', 'account'] }))).toEqual([
      '.audience[1]: must not be account, which every token of the realm names: add an audience mapper for your API',
    ])
    expect(slips(keycloak({ ...options, url: iss }))).toEqual([
      '.url: must end before /realms: the realm is an option of its own',
    ])
  })
})

describe('entra', () => {
  const [tid, other] = [
    '99999999-2222-3333-4444-555555555555',
    '88888888-2222-3333-4444-555555555555',
  ]
  const clientId = '11111111-2222-3333-4444-555555555555'
  const options = { tenants: tid, clientId }
  const v2 = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
  const v1 = (tenant: string) => `https://sts.windows.net/${tenant}/`
  const published: Published = {
    keys: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    key: { alg: undefined, x5t: 'x', issuer: v2('{tenantid}') },
  }
  const user = { iss: v2(tid), tid, aud: clientId, sub: 's', azp: 'app', ver: '2.0' }
  const old = { ...user, iss: v1(tid), azp: undefined, appid: 'app', ver: '1.0' }

  it('takes tokens of both versions, of users and of apps', async () => {
    const { show } = await trust(entra(options), published)
    expect(await show({ ...user, scp: 'Orders.Read' })).toMatchObject({
      status: 200,
      scopes: ['Orders.Read'],
    })
    expect(
      await show({ ...old, aud: `api://${clientId}`, roles: ['Orders.Read.All'] }),
    ).toMatchObject({ status: 200, roles: ['Orders.Read.All'] })
  })

  it('takes tokens of the tenants that are listed, and of no other', async () => {
    const { show } = await trust(entra({ ...options, tenants: [tid, other] }), published)
    expect(await show({ ...user, iss: v2(other), tid: other })).toMatchObject({ status: 200 })
    const third = '77777777-2222-3333-4444-555555555555'
    expect(await show({ ...user, iss: v2(third), tid: third })).toEqual(refused(STRANGER))
  })

  it('ties the tenant in iss to tid', async () => {
    const { show } = await trust(entra({ ...options, tenants: [tid, other] }), published)
    for (const claims of [
      { ...user, tid: other },
      { ...old, tid: other },
      { ...user, tid: undefined },
      { ...user, tid: [tid] },
    ]) {
      expect(await show(claims)).toEqual(refused('tid is not the tenant in iss'))
    }
    for (const tenant of ['common', 'organizations', '{tenantid}', '']) {
      expect(await show({ ...user, iss: v2(tenant), tid: tenant })).toEqual(refused(STRANGER))
    }
  })

  it('refuses id tokens', async () => {
    const { show } = await trust(entra(options), published)
    expect(await show({ ...user, azp: undefined, nonce: 'n' })).toEqual(
      refused('the token is of another kind: it has no azp or appid'),
    )
  })

  it('is checked', () => {
    expect(slips(entra(options))).toEqual([])
    for (const tenants of ['common', 'organizations', 'acme.onmicrosoft.com', '*', '{tenantid}']) {
      expect(slips(entra({ ...options, tenants }))).toEqual([
        '.tenants: must be ids of tenants in lower case (Overview, Tenant ID): a token names no domain, and common or organizations would be every tenant there is',
      ])
    }
    expect(slips(entra({ ...options, tenants: [] }))).toEqual([
      '.tenants: is an empty list. Name at least one',
    ])
    expect(slips(entra({ ...options, clientId: `api://${clientId}` }))).toEqual([
      '.clientId: must be the application id, in lower case; api:// before it is understood',
    ])
  })
})

describe('okta', () => {
  const options = { domain: 'acme.okta.com', audience: 'api://default' }
  const iss = 'https://acme.okta.com/oauth2/default'
  const published: Published = {
    keys: `${iss}/v1/keys`,
    discovery: [`${iss}/.well-known/openid-configuration`, iss],
    header: {},
  }
  const user = {
    ver: 1,
    jti: 'AT.x',
    iss,
    aud: 'api://default',
    cid: '0oa',
    uid: '00u',
    sub: 'ada@x',
  }

  it('takes scopes from a list and groups as roles', async () => {
    const { show } = await trust(okta(options), published)
    expect(await show({ ...user, scp: ['orders', 'openid'], groups: ['Everyone'] })).toEqual({
      status: 200,
      kind: 'person',
      subject: 'ada@x',
      scopes: ['orders', 'openid'],
      roles: ['Everyone'],
    })
  })

  it('refuses id tokens', async () => {
    const { show } = await trust(okta(options), published)
    expect(await show({ ...user, cid: undefined, at_hash: 'x' })).toEqual(
      refused('the token is of another kind: it has no cid'),
    )
  })

  it('is checked', () => {
    expect(slips(okta({ ...options, server: 'aus1a2b3c' }))).toEqual([])
    for (const domain of ['acme-admin.okta.com', 'https://acme.okta.com']) {
      expect(slips(okta({ ...options, domain }))).toEqual([
        '.domain: must be the domain alone, for example acme.okta.com: no https://, no slash, not the one with -admin',
      ])
    }
  })
})

describe('cognito', () => {
  const options = { userPoolId: 'eu-west-1_AbCdEfGhI', clientId: '1example23456789' }
  const iss = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI'
  const published: Published = {
    keys: `${iss}/.well-known/jwks.json`,
    discovery: [`${iss}/.well-known/openid-configuration`, iss],
    header: {},
  }
  const access = {
    iss,
    sub: 'aaaa',
    version: 2,
    client_id: '1example23456789',
    token_use: 'access',
    scope: 'orders/read',
    username: 'ada',
    'cognito:groups': ['staff'],
  }

  it('takes access tokens by their client', async () => {
    const { show } = await trust(cognito(options), published)
    expect(await show(access)).toMatchObject({
      status: 200,
      scopes: ['orders/read'],
      roles: ['staff'],
    })
    expect(await show({ ...access, client_id: 'other' })).toEqual(
      refused('client_id does not name this API'),
    )
  })

  it('refuses id tokens, which alone have an audience', async () => {
    const { show } = await trust(cognito(options), published)
    const { client_id: aud, ...rest } = access
    expect(await show({ ...rest, aud, token_use: 'id' })).toEqual(
      refused('client_id does not name this API'),
    )
    expect(await show({ ...access, aud, token_use: 'id' })).toEqual(
      refused('the token is of another kind: it has no token_use that is access'),
    )
  })

  it('is checked', () => {
    expect(slips(cognito(options))).toEqual([])
    expect(slips(cognito({ ...options, userPoolId: 'AbCdEfGhI' }))).toEqual([
      '.userPoolId: must be the id of the user pool, for example eu-west-1_AbCdEfGhI',
    ])
    expect(slips(cognito({ ...options, clientId: 'https://api.acme.example' }))).toEqual([
      '.clientId: must be the id of an app client: access tokens have no other audience, and none of an API',
    ])
  })
})

describe('google', () => {
  const clientId = '407408718192-abc.apps.googleusercontent.com'
  const published = { keys: 'https://www.googleapis.com/oauth2/v3/certs' }
  const id = { iss: 'https://accounts.google.com', sub: '110169', aud: clientId, azp: clientId }

  it('takes id tokens with either spelling of the issuer', async () => {
    const { show } = await trust(google({ clientId }), published)
    for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
      expect(await show({ ...id, iss })).toMatchObject({ status: 200, subject: '110169' })
    }
    expect(await show({ ...id, aud: 'other' })).toEqual(refused('aud does not name this API'))
  })

  it('takes people of the hosted domains alone, where they are listed', async () => {
    const { show } = await trust(google({ clientId, hostedDomain: 'acme.example' }), published)
    expect(await show({ ...id, hd: 'acme.example' })).toMatchObject({ status: 200 })
    for (const hd of [undefined, 'evil.example', ['acme.example']]) {
      expect(await show({ ...id, hd })).toEqual(refused('hd is not one of the hosted domains'))
    }
  })

  it('is checked', () => {
    expect(slips(google({ clientId }))).toEqual([])
    expect(slips(google({ clientId: '407408718192-abc' }))).toEqual([
      '.clientId: must be the whole client id: it ends with .apps.googleusercontent.com',
    ])
  })
})

describe('googleIap', () => {
  const audience = '/projects/123456789/global/backendServices/987654321'
  const claims = {
    iss: 'https://cloud.google.com/iap',
    aud: audience,
    sub: 'accounts.google.com:110169',
    email: 'ada@acme.example',
    hd: 'acme.example',
  }

  it('takes the assertion of the proxy, in its header', async () => {
    const { send, mint } = await trust(googleIap({ audience }), {
      keys: 'https://www.gstatic.com/iap/verify/public_key-jwk',
      alg: 'ES256',
    })
    const header = { 'x-goog-iap-jwt-assertion': await mint(claims) }
    expect(await send(header)).toMatchObject({ status: 200, subject: claims.sub })
  })

  it('is checked', () => {
    expect(slips(googleIap({ audience }))).toEqual([])
    expect(slips(googleIap({ audience: '/projects/acme/apps/acme' }))).toEqual([
      '.audience: must be like /projects/123456789/global/backendServices/987654321, with the number of the project',
    ])
  })
})

describe('supabase', () => {
  const url = 'https://abcdefghijklmnopqrst.supabase.co'
  const iss = `${url}/auth/v1`
  const published: Published = {
    keys: `${iss}/.well-known/jwks.json`,
    alg: 'ES256',
    key: { key_ops: ['verify'], ext: true },
  }
  const user = {
    iss,
    sub: '11111111',
    aud: 'authenticated',
    role: 'authenticated',
    session_id: 's',
    aal: 'aal1',
    is_anonymous: false,
    app_metadata: { provider: 'email', roles: ['editor'] },
  }

  it('takes users, and anonymous ones where the owner says so', async () => {
    const { show } = await trust(supabase({ url }), published)
    expect(await show(user)).toMatchObject({ status: 200, roles: ['authenticated', 'editor'] })
    const anonymous = { ...user, is_anonymous: true }
    expect(await show(anonymous)).toEqual(refused('the user signed in anonymously'))
    const open = await trust(supabase({ url, anonymous: true }), published)
    expect(await open.show(anonymous)).toMatchObject({ status: 200 })
  })

  it('refuses keys of the project, which are tokens too', async () => {
    const { show } = await trust(supabase({ url }), published)
    expect(await show({ ...user, role: 'anon', session_id: undefined })).toEqual(
      refused('the token is of another kind: it has no session_id'),
    )
  })

  it('is checked', () => {
    expect(slips(supabase({ url }))).toEqual([])
    expect(slips(supabase({ url: iss }))).toEqual([
      ".url: must be the project's URL alone, without /auth/v1",
    ])
  })
})

describe('clerk', () => {
  const options = { domain: 'clerk.acme.example', authorizedParties: 'https://app.acme.example' }
  const iss = 'https://clerk.acme.example'
  const published: Published = { keys: `${iss}/.well-known/jwks.json` }
  const session = { iss, sub: 'user_1', sid: 'sess_1', azp: 'https://app.acme.example', v: 2 }

  it('takes session tokens by the page they were made for, with the role in the organization', async () => {
    const { show } = await trust(clerk(options), published)
    const v2 = { ...session, sts: 'active', fva: [7, -1], o: { id: 'org_1', rol: 'admin' } }
    expect(await show(v2)).toMatchObject({ status: 200, subject: 'user_1', roles: ['admin'] })
    const v1 = { ...session, v: undefined, org_role: 'org:admin' }
    expect(await show(v1)).toMatchObject({ status: 200, roles: ['org:admin'] })
    for (const azp of [undefined, 'https://evil.example', '']) {
      expect(await show({ ...session, azp })).toEqual(refused('azp does not name this API'))
    }
  })

  it('refuses pending sessions and tokens of templates', async () => {
    const { show } = await trust(clerk(options), published)
    expect(await show({ ...session, sts: 'pending' })).toEqual(
      refused('the session is not active yet (sts)'),
    )
    expect(await show({ ...session, sid: undefined })).toEqual(
      refused('the token is of another kind: it has no sid'),
    )
  })

  it('is checked', () => {
    expect(slips(clerk(options))).toEqual([])
    expect(slips(clerk({ ...options, authorizedParties: 'https://app.acme.example/' }))).toEqual([
      '.authorizedParties: must be origins as a browser spells them, for example https://app.example.com: no slash at the end',
    ])
  })
})

describe('workos', () => {
  const clientId = 'client_01ABC'
  const published = { keys: `https://api.workos.com/sso/jwks/${clientId}` }
  const session = {
    iss: 'https://api.workos.com',
    sub: 'user_01',
    sid: 'session_01',
    org_id: 'org_01',
    role: 'member',
    roles: ['member'],
    permissions: ['posts:read'],
  }

  it('takes session tokens that the key set of the application verifies', async () => {
    const { show } = await trust(workos({ clientId }), published)
    for (const iss of [session.iss, `${session.iss}/user_management/${clientId}`]) {
      expect(await show({ ...session, iss })).toMatchObject({
        status: 200,
        roles: ['member', 'posts:read'],
      })
    }
    for (const iss of ['https://api.workos.com/user_management/client_02', 'https://evil.test']) {
      expect(await show({ ...session, iss })).toEqual(refused(STRANGER))
    }
    const own = await trust(workos({ clientId, domain: 'auth.acme.example' }), published)
    expect(await own.show({ ...session, iss: 'https://auth.acme.example' })).toMatchObject({
      status: 200,
    })
  })

  it('is checked', () => {
    expect(slips(workos({ clientId }))).toEqual([])
    expect(slips(workos({ clientId: 'sk_test_1' }))).toEqual([
      '.clientId: must be the id of the application, which begins with client_',
    ])
  })
})

describe('kinde', () => {
  const iss = 'https://acme.kinde.com'
  const published: Published = {
    keys: `${iss}/.well-known/jwks`,
    discovery: [`${iss}/.well-known/openid-configuration`, iss],
  }
  const user = { iss, sub: 'kp_1', aud: [], azp: 'app1', scp: ['openid'], permissions: ['orders'] }
  const domain = 'acme.kinde.com'

  it('takes tokens for a registered API, and an empty list is none', async () => {
    const { show } = await trust(kinde({ domain, audience: 'api.acme' }), published)
    expect(await show({ ...user, aud: ['api.acme'] })).toMatchObject({
      status: 200,
      scopes: ['openid'],
      roles: ['orders'],
    })
    expect(await show(user)).toEqual(refused('aud does not name this API'))
  })

  it('takes tokens of an application where no API is registered', async () => {
    const { show } = await trust(kinde({ domain, clientId: 'app1' }), published)
    expect(await show(user)).toMatchObject({ status: 200 })
    expect(await show({ ...user, azp: 'app2' })).toEqual(refused('azp does not name this API'))
    expect(await show({ ...user, at_hash: 'x' })).toEqual(
      refused('the token is an id token: it has at_hash'),
    )
  })

  it('is checked', () => {
    expect(slips(kinde({ domain, audience: 'a' }))).toEqual([])
    expect(slips(kinde({ domain }))).toEqual([
      ': needs audience or clientId: without, any token of the issuer would do',
    ])
  })
})

describe('zitadel', () => {
  const url = 'https://acme-x1y2z3.zitadel.cloud'
  const published: Published = {
    keys: `${url}/oauth/v2/keys`,
    discovery: [`${url}/.well-known/openid-configuration`, url],
  }
  const roles = { admin: { 286701: 'acme.example' }, reader: { 286701: 'acme.example' } }
  const user = { iss: url, sub: '163840', aud: ['170088@shop', '170086'], jti: 'j' }
  const options = { url, audience: '170086' }

  it('takes the members of an object as roles, of a project or of the application’s', async () => {
    const claims = {
      ...user,
      'urn:zitadel:iam:org:project:roles': roles,
      'urn:zitadel:iam:org:project:170086:roles': { owner: roles.admin },
    }
    const { show } = await trust(zitadel(options), published)
    expect(await show(claims)).toMatchObject({ status: 200, roles: ['admin', 'reader'] })
    const other = await trust(zitadel({ ...options, project: '170086' }), published)
    expect(await other.show(claims)).toMatchObject({ roles: ['owner'] })
  })

  it('refuses id tokens, whose audience is the same', async () => {
    const { show } = await trust(zitadel(options), published)
    for (const claims of [{ amr: ['pwd'] }, { auth_time: START }, { at_hash: 'x' }]) {
      expect(await show({ ...user, ...claims })).toEqual(
        refused(`the token is an id token: it has ${Object.keys(claims)[0]}`),
      )
    }
    expect(await show({ ...user, jti: undefined })).toEqual(
      refused('the token is of another kind: it has no jti'),
    )
  })

  it('is checked', () => {
    expect(slips(zitadel(options))).toEqual([])
    expect(slips(zitadel({ ...options, url: `${url}/oauth/v2` }))).toEqual([
      '.url: must be the origin of the instance alone',
    ])
  })
})

describe('ory', () => {
  const url = 'https://happy-cat-12.projects.oryapis.com'
  const published: Published = {
    keys: `${url}/.well-known/jwks.json`,
    discovery: [`${url}/.well-known/openid-configuration`, url],
  }
  const token = { iss: url, sub: 'u', aud: [], client_id: 'client_1', scp: ['orders'], ext: {} }

  it('takes JWTs by their client, or by an audience that was asked for', async () => {
    const { show } = await trust(ory({ url, clientId: 'client_1' }), published)
    expect(await show(token)).toMatchObject({ status: 200, scopes: ['orders'] })
    expect(await show({ ...token, client_id: 'client_2' })).toEqual(
      refused('client_id does not name this API'),
    )
    const api = await trust(ory({ url, audience: 'https://api.acme.example' }), published)
    expect(await api.show(token)).toEqual(refused('aud does not name this API'))
    expect(await api.show({ ...token, aud: ['https://api.acme.example'] })).toMatchObject({
      status: 200,
    })
  })

  it('tells a client that acts for itself from a person', async () => {
    const { show } = await trust(ory({ url, clientId: 'client_1' }), published)
    expect(await show({ ...token, sub: 'client_1' })).toMatchObject({ kind: 'client' })
    expect(await show(token)).toMatchObject({ kind: 'person' })
  })

  it('asks about opaque tokens with a fixed key', async () => {
    const asked: (string | null)[] = []
    const { createGateway } = await import('../../../src/gateway.ts')
    const gateway = createGateway(
      {
        schemes: { main: ory({ url, clientId: 'client_1', apiKey: 'ory_pat_x' }) },
        routes: [{ path: '/*', to: () => new Response('in') }],
      },
      {
        now: () => START,
        log: () => {},
        async fetch(request) {
          asked.push(request.url, request.headers.get('authorization'))
          const { aud: _, scp: __, ...claims } = token
          return Response.json({
            ...claims,
            active: true,
            aud: [],
            exp: START + 60,
            scope: 'orders',
          })
        },
      },
    )
    const headers = { authorization: 'Bearer ory_at_x' }
    const request = new Request('https://api.test/', { headers })
    const response = await gateway.fetch(request, { waitUntil: () => {} })
    expect(response.status === 200 ? 'in' : await refusal(response)).toBe('in')
    expect(asked).toEqual([`${url}/admin/oauth2/introspect`, 'Bearer ory_pat_x'])
  })

  it('is checked', () => {
    expect(slips(ory({ url, clientId: 'c', apiKey: 'ory_pat_x' }))).toEqual([])
    expect(slips(ory({ url, apiKey: 'ory_at_x' }))).toEqual([
      '.apiKey: must be a key of the project, not a token of a user',
      ': needs audience or clientId: without, any token of the issuer would do',
    ])
  })
})

describe('logto', () => {
  const options = { url: 'https://abc123.logto.app', audience: 'https://api.acme.example' }
  const iss = 'https://abc123.logto.app/oidc'
  const published: Published = {
    keys: `${iss}/jwks`,
    discovery: [`${iss}/.well-known/openid-configuration`, iss],
    alg: 'ES384',
    header: { typ: 'at+jwt' },
  }
  const user = { iss, sub: 'u1', aud: options.audience, client_id: 'app1', scope: 'read:orders' }

  it('takes tokens for an API resource', async () => {
    const { show } = await trust(logto(options), published)
    expect(await show(user)).toMatchObject({ status: 200, scopes: ['read:orders'] })
    expect(await show({ ...user, aud: 'app1' })).toEqual(refused('aud does not name this API'))
  })

  it('is checked', () => {
    expect(slips(logto(options))).toEqual([])
    expect(slips(logto({ ...options, url: iss, audience: 'app1' }))).toEqual([
      '.url: must end before /oidc',
      '.audience: must be the identifier of an API resource, which is a URI: the id of an application is in id tokens',
    ])
  })
})

describe('an issuer that is written by hand', () => {
  it.each([
    ['https://acme.eu.auth0.com', 'needs a slash at its end: Auth0 has one in iss'],
    [
      'https://login.microsoftonline.com/common/v2.0',
      "names no tenant, and no token has it in iss. Write the tenant's id: 'https://login.microsoftonline.com/<tenant id>/v2.0'",
    ],
    [
      'https://login.microsoftonline.com/{tenantid}/v2.0',
      "has a placeholder in { } or < >. Write what belongs there, as in 'https://auth.acme.example'",
    ],
    [
      'https://login.microsoftonline.com/99999999-2222-3333-4444-555555555555',
      'lacks /v2.0; tokens of version 1 have https://sts.windows.net/<tenant>/ instead: entra() takes both',
    ],
    ['https://sts.windows.net/9999', 'needs a slash at its end: Entra has one in iss'],
    [
      'https://acme.okta.com',
      'is the authorization server of the organization, whose tokens are for Okta alone: use /oauth2/default or another one',
    ],
    [
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A',
      'is Cognito, whose access tokens have no aud and whose id tokens would get in: use cognito()',
    ],
    ['https://abc.supabase.co', 'lacks /auth/v1'],
    ['https://abc.logto.app/', 'lacks /oidc'],
    [
      'https://idp.test/.well-known/openid-configuration',
      'is the address of a document of the issuer. Write what that document has as "issuer": as a rule what stands before /.well-known/',
    ],
  ])('is told its slip: %s', (issuer, problem) => {
    expect(slips(oidc({ issuer, audience: 'a' }))).toEqual([`.issuer: ${problem}`])
  })

  it('is left alone where there is none', () => {
    for (const issuer of [
      'https://acme.eu.auth0.com/',
      'https://login.microsoftonline.com/99999999-2222-3333-4444-555555555555/v2.0',
      'https://sts.windows.net/9999/',
      'https://acme.okta.com/oauth2/default',
      'https://abc.supabase.co/auth/v1',
      'https://idp.test',
    ]) {
      expect(slips(oidc({ issuer, audience: 'a' }))).toEqual([])
    }
  })
})
