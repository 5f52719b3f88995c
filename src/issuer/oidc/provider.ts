/**
 * oidc-provider, built once per set of keys. A provider keeps a copy of its keys, so each isolate looks
 * every minute whether they changed and builds a new one where they did. Only values are kept between
 * requests, never promises.
 */

import './quiet.ts'
import type { RequestListener } from 'node:http'
import { Provider } from 'oidc-provider/lib/provider.js'
import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import { accountPages } from '../pages/account.ts'
import { files } from '../pages/files.ts'
import { interactionPages } from '../pages/interaction.ts'
import { createPages } from '../pages/pages.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import { storageOf } from '../storage/issuer-storage.ts'
import { verifySecret } from '../storage/secret-hash.ts'
import type { KeySet } from '../storage/signing-keys.ts'
import { buildConfiguration } from './configuration.ts'

/** How long an isolate may go on with keys that were replaced meanwhile. */
const KEY_CHECK_SECONDS = 60

/** Holds the provider of one isolate. */
export interface ProviderHolder {
  /** Answers the listener for the current keys; throws only where there never were any. */
  listener(env: IssuerEnv, now: number): Promise<RequestListener>
}

export function createProviderHolder(config: ResolvedConfig): ProviderHolder {
  let current: { version: string; listener: RequestListener } | undefined
  let checkAt = 0
  return {
    async listener(env, now) {
      if (current && now < checkAt) return current.listener
      try {
        const keySet = await storageOf(env).loadKeys()
        const version = [...keySet.keys.map(({ kid }) => kid), ...keySet.cookieKeys].join()
        if (current?.version !== version) {
          current = { version, listener: buildProvider(config, env, keySet).callback() }
        }
        checkAt = Math.min(now + KEY_CHECK_SECONDS, keySet.changesAt ?? Number.POSITIVE_INFINITY)
      } catch (error) {
        if (!current) throw error
        console.error('issuer: keys could not be checked', error)
        checkAt = now + KEY_CHECK_SECONDS
      }
      return current.listener
    },
  }
}

function buildProvider(config: ResolvedConfig, env: IssuerEnv, keySet: KeySet): Provider {
  const pages = createPages(config.title)
  const provider = new Provider(config.issuer, buildConfiguration(config, env, keySet, pages))
  // Its host and scheme come from X-Forwarded-*, which issuer.ts sets from ISSUER and nobody else can.
  provider.proxy = true
  // The documented way to keep only hashes: oidc-provider awaits this method and knows no other use of
  // the secret once every HS* algorithm is off.
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
