/**
 * oidc-provider, put together: configuration, hashed secrets, pages, and its words for the log. Its
 * author supports it on Node.js alone, and its index module says so on every start; here it runs on
 * workerd, so its exact version is pinned and our tests stand in for that support.
 */

import './quiet.ts'
import { Provider } from 'oidc-provider/lib/provider.js'
import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import { accountPages } from '../pages/account.ts'
import { files } from '../pages/files.ts'
import { interactionPages } from '../pages/interaction.ts'
import { createPages } from '../pages/pages.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import { verifySecret } from '../storage/secret-hash.ts'
import type { KeySet } from '../storage/signing-keys.ts'
import { buildConfiguration } from './configuration.ts'

/** Builds the server for one set of keys, of which it keeps a copy. */
export function buildProvider(config: ResolvedConfig, env: IssuerEnv, keySet: KeySet): Provider {
  const pages = createPages(config.title)
  const provider = new Provider(config.issuer, buildConfiguration(config, env, keySet, pages))
  // Its host and scheme come from X-Forwarded-*, which issuer.ts sets from ISSUER and nobody else can.
  provider.proxy = true
  // The way to keep only hashes (github.com/panva/node-oidc-provider/issues/631): oidc-provider awaits
  // this method, and has no other use for the secret once every HS* algorithm is off.
  provider.Client.prototype.compareClientSecret = function (secret) {
    return verifySecret(secret, this.clientSecret ?? '')
  }
  provider.use(securityHeaders(config.issuer.startsWith('https:')))
  provider.use(files)
  provider.use(accountPages(provider, config, env))
  provider.use(interactionPages(provider, config, env))
  provider.on('server_error', (_ctx, error) => console.error('issuer: server_error', error))
  provider.on('grant.error', (_ctx, error) => {
    console.warn('issuer: grant refused', error.error, error.error_detail ?? '')
  })
  return provider
}
