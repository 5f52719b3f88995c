// A token that `testGateway` mints for an entry is taken by it, whatever its provider writes into tokens.

import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SchemeFeature } from '../../src/auth/feature.ts'
import { auth0 } from '../../src/auth/presets/auth0.ts'
import { clerk } from '../../src/auth/presets/clerk.ts'
import { cloudflareAccess } from '../../src/auth/presets/cloudflare-access.ts'
import { cognito } from '../../src/auth/presets/cognito.ts'
import { entra } from '../../src/auth/presets/entra.ts'
import { fusionAuth } from '../../src/auth/presets/fusionauth.ts'
import { google } from '../../src/auth/presets/google.ts'
import { googleIap } from '../../src/auth/presets/google-iap.ts'
import { keycloak } from '../../src/auth/presets/keycloak.ts'
import { kinde } from '../../src/auth/presets/kinde.ts'
import { logto } from '../../src/auth/presets/logto.ts'
import { oidc } from '../../src/auth/presets/oidc.ts'
import { okta } from '../../src/auth/presets/okta.ts'
import { ory } from '../../src/auth/presets/ory.ts'
import { supabase } from '../../src/auth/presets/supabase.ts'
import { workos } from '../../src/auth/presets/workos.ts'
import { zitadel } from '../../src/auth/presets/zitadel.ts'
import { testGateway } from '../../src/testing/test-gateway.ts'

const UUID = '11111111-2222-3333-4444-555555555555'
const AUD = 'a'.repeat(64)

/** By the name of its file, and the claims that a test has to add. */
const PRESETS: Record<string, readonly [SchemeFeature, object?]> = {
  auth0: [auth0({ domain: 'acme.eu.auth0.com', audience: 'https://api.acme.example' })],
  clerk: [clerk({ domain: 'clerk.acme.example', authorizedParties: 'https://app.acme.example' })],
  'cloudflare-access': [cloudflareAccess({ team: 'acme', audience: AUD })],
  cognito: [cognito({ userPoolId: 'eu-west-1_AbCdEfGhI', clientId: '1example23456789' })],
  entra: [entra({ tenants: [UUID], clientId: UUID })],
  fusionauth: [fusionAuth({ url: 'https://auth.acme.example', clientId: UUID })],
  google: [google({ clientId: '123-abc.apps.googleusercontent.com' })],
  'google-iap': [googleIap({ audience: '/projects/123/global/backendServices/456' })],
  keycloak: [keycloak({ url: 'https://sso.acme.example', realm: 'acme', audience: 'backend' })],
  kinde: [kinde({ domain: 'acme.kinde.com', audience: 'https://api.acme.example' })],
  logto: [logto({ url: 'https://abc123.logto.app', audience: 'https://api.acme.example' })],
  oidc: [oidc({ issuer: 'https://login.acme.example', audience: 'orders' })],
  okta: [okta({ domain: 'acme.okta.com', audience: 'api://default' })],
  ory: [ory({ url: 'https://happy-cat-12.projects.oryapis.com', audience: 'orders' })],
  supabase: [supabase({ url: 'https://abcdefghijklmnopqrst.supabase.co' })],
  workos: [workos({ clientId: 'client_01HXYZ' })],
  zitadel: [zitadel({ url: 'https://acme-x1y2z3.zitadel.cloud', audience: '170086' })],
}
const SHARED = ['common', 'provider', 'slips', 'urls']

describe('a minted token', () => {
  it.each(Object.entries(PRESETS))('is taken by %s', async (_, [main, claims]) => {
    const gateway = testGateway(
      () => ({ schemes: { main }, routes: [{ path: '/*', to: 'https://service.acme.example' }] }),
      {},
    )
    const token = await gateway.token('main', { ...claims })
    expect(await gateway.ask('GET /', token)).toMatchObject({ status: 200, reason: undefined })
  })

  it('is minted here for every preset', () => {
    const files = readdirSync('src/auth/presets').map((name) => name.replace('.ts', ''))
    expect(new Set([...Object.keys(PRESETS), ...SHARED])).toEqual(new Set(files))
  })
})
