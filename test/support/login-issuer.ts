// An issuer that people sign in to, inside the test: the test issuer with a login page that lets everybody in, a token
// endpoint that rotates refresh tokens and ends the family of one that is used twice, revocation and logout.

import { createTestIssuer, type TestIssuer } from './mint.ts'

export const CLIENT = { id: 'app', secret: 'a-secret-of-the-client-at-the-issuer' }
/** How long its access tokens live. */
export const ACCESS_SECONDS = 300

export interface LoginIssuer {
  readonly issuer: TestIssuer
  /** Forms that the token endpoint got. */
  readonly grants: URLSearchParams[]
  readonly revoked: string[]
  /** What the token endpoint does with a grant instead of answering it. */
  tokenFault: undefined | ((form: URLSearchParams) => Response | Promise<Response>)
  /** Whether it has answered a refresh token used twice by ending the family. */
  reused: number
  /** Claims set over those of ID tokens. */
  idClaims: Record<string, unknown>
  /** Claims set over those of access tokens. */
  accessClaims: Record<string, unknown>
  /** Members of the token answer that are set over; `undefined` leaves one out. */
  answer: Record<string, unknown>
  /** Follows a login address as a person who signs in: the address of the callback. */
  signIn(location: string, more?: Record<string, string>): URL
  /** A logout token, signed with the newest key or the one named. */
  logoutToken(
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
    key?: string,
  ): Promise<string>
  fetch(request: Request): Promise<Response>
}

export function createLoginIssuer(now: () => number): LoginIssuer {
  const issuer = createTestIssuer({ audience: 'gatehouse', now })
  const base = issuer.issuer
  issuer.metadata = {
    revocation_endpoint: `${base}/oauth2/revoke`,
    end_session_endpoint: `${base}/oauth2/logout`,
    authorization_response_iss_parameter_supported: true,
    scopes_supported: ['openid', 'email', 'offline_access'],
  }
  const codes = new Map<string, URLSearchParams>()
  /** Refresh tokens by the family that they belong to. */
  const families = new Map<string, { current: string; nonce: string | undefined }>()
  let count = 0

  async function answerTokens(family: string, nonce: string | undefined): Promise<Response> {
    const current = `${family}.${++count}`
    families.set(family, { current, nonce })
    const idToken = await issuer.mint(
      {
        aud: CLIENT.id,
        sub: 'user-1',
        email: 'ada@acme.example',
        sid: family,
        ...(nonce !== undefined && { nonce }),
        ...login.idClaims,
      },
      { header: { typ: 'JWT' } },
    )
    const accessToken = await issuer.mint(
      { jti: `${count}`, ...login.accessClaims },
      { lifetimeSeconds: ACCESS_SECONDS },
    )
    return Response.json({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: ACCESS_SECONDS,
      refresh_token: current,
      id_token: idToken,
      ...login.answer,
    })
  }

  const failure = (error: string) => Response.json({ error }, { status: 400 })

  async function grant(form: URLSearchParams): Promise<Response> {
    login.grants.push(form)
    if (login.tokenFault) return login.tokenFault(form)
    if (form.get('grant_type') === 'authorization_code') {
      const asked = codes.get(form.get('code') ?? '')
      if (!asked || asked.get('redirect_uri') !== form.get('redirect_uri')) {
        return failure('invalid_grant')
      }
      codes.delete(form.get('code') ?? '')
      const challenge = await challengeOf(form.get('code_verifier') ?? '')
      if (challenge !== asked.get('code_challenge')) return failure('invalid_grant')
      return answerTokens(`family-${crypto.randomUUID()}`, asked.get('nonce') ?? undefined)
    }
    const shown = form.get('refresh_token') ?? ''
    const family = shown.split('.')[0] ?? ''
    const known = families.get(family)
    if (known?.current !== shown) {
      if (known) login.reused++
      families.delete(family)
      return failure('invalid_grant')
    }
    return answerTokens(family, undefined)
  }

  const login: LoginIssuer = {
    issuer,
    grants: [],
    revoked: [],
    tokenFault: undefined,
    reused: 0,
    idClaims: {},
    accessClaims: {},
    answer: {},

    signIn(location, more = {}) {
      const { searchParams } = new URL(location)
      const code = `code-${++count}`
      codes.set(code, searchParams)
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      const answer = { code, state: searchParams.get('state') ?? '', iss: base, ...more }
      for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value)
      return back
    },

    logoutToken: (claims = {}, header = {}, key = undefined) =>
      issuer.mint(
        {
          aud: CLIENT.id,
          sub: 'user-1',
          scope: undefined,
          jti: `logout-${++count}`,
          events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
          ...claims,
        },
        { header: { typ: 'logout+jwt', ...header }, ...(key !== undefined && { key }) },
      ),

    async fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/oauth2/token') {
        return grant(await formOf(request))
      }
      if (pathname === '/oauth2/revoke') {
        const token = (await formOf(request)).get('token') ?? ''
        login.revoked.push(token)
        families.delete(token.split('.')[0] ?? '')
        return new Response()
      }
      return issuer.fetch(request)
    },
  }
  return login
}

async function formOf(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()))
}

async function challengeOf(verifier: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return Buffer.from(hash).toString('base64url')
}
