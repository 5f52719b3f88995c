// A provider that the owner's file does not import is not in the Worker that is deployed.

import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bundleWorker } from '../support/worker-bundle.ts'

/** A text that is in one preset alone. */
const MARKS: Record<string, string> = {
  auth0: 'must be the identifier of an API: the id',
  clerk: 'must be origins as a browser spells them',
  'cloudflare-access': '/cdn-cgi/access/certs',
  cognito: 'must be the id of an app client',
  entra: 'must be ids of tenants in lower case',
  fusionauth: '/oauth2/introspect',
  google: 'must be the whole client id',
  'google-iap': 'x-goog-iap-jwt-assertion',
  keycloak: 'must not be account',
  kinde: 'acme.kinde.com',
  logto: 'must end before /oidc',
  oidc: 'must be one issuer. Make an entry of schemes for each',
  okta: 'not the one with -admin',
  ory: '/admin/oauth2/introspect',
  supabase: '/auth/v1/.well-known/jwks.json',
  workos: 'which begins with client_',
  zitadel: 'urn:zitadel:iam:org:project',
}
/** Other ways in, each with a text that is in it alone. */
const OTHERS: Record<string, string> = {
  'auth/key/api-keys.ts': 'the store of keys does not answer',
}
/** What presets share. */
const SHARED = ['common', 'provider', 'slips', 'urls']

describe('the bundle of a preset', () => {
  const presets = Object.keys(MARKS)

  it.each(presets)('has no other one in it: %s', async (preset) => {
    const script = `export * from './src/auth/presets/${preset}.ts'`
    const bundle = await bundleWorker({ script })
    const found = presets.filter((name) => bundle.includes(MARKS[name] ?? ''))
    // The endpoint of Ory's ends like FusionAuth's.
    expect(found.filter((name) => preset !== 'ory' || name !== 'fusionauth')).toEqual([preset])
  })

  it.each(Object.entries(OTHERS))('has no way in that is no preset: %s', async (file, mark) => {
    const script = `export * from './src/auth/presets/oidc.ts'\nexport * from './src/worker.ts'`
    expect(await bundleWorker({ script })).not.toContain(mark)
    const itself = await bundleWorker({ script: `export * from './src/${file}'` })
    expect(itself).toContain(mark)
    for (const preset of presets) expect(itself).not.toContain(MARKS[preset])
  })

  it('is looked at for each of them', () => {
    const files = readdirSync('src/auth/presets').map((name) => name.replace('.ts', ''))
    expect(new Set([...presets, ...SHARED])).toEqual(new Set(files))
  })
})
