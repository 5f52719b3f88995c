/**
 * oidc-provider, put together: configuration, storage, hashed secrets, pages, and its words for the
 * log. Its author supports it on Node.js alone, and its index module says so on every start; here it
 * runs on workerd, so its exact version is pinned and our tests stand in for that support.
 */

import './quiet.ts'
import { type Context, Provider } from 'oidc-provider/lib/provider.js'
import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import { accountPages } from '../pages/account.ts'
import { emailPages } from '../pages/email.ts'
import { files } from '../pages/files.ts'
import { interactionPages } from '../pages/interaction.ts'
import { leavePages } from '../pages/leaving.ts'
import { missingPages } from '../pages/missing.ts'
import { createPages } from '../pages/pages.ts'
import { passwordPages } from '../pages/password.ts'
import { securityHeaders } from '../pages/security-headers.ts'
import { upstreamReturn } from '../pages/upstream.ts'
import type { Snapshot } from '../storage/directory.ts'
import {
  directoryOf,
  personOf,
  type StorageEnv,
  shelfOf,
  visitorsOf,
} from '../storage/issuer-storage.ts'
import { kindOf } from '../storage/places.ts'
import { verifySecret } from '../storage/secret-hash.ts'
import { createAdapterFactory } from './adapter.ts'
import { createBrowserStore } from './browser-store.ts'
import { readClientDocument } from './client-documents.ts'
import type { ClientSource } from './client-source.ts'
import { createClientStore } from './client-store.ts'
import { buildConfiguration } from './configuration.ts'
import { createOutside } from './outside.ts'
import { putPlacesIntoIds } from './place-ids.ts'
import { registrationCors } from './registration-cors.ts'
import { type Objects, requestWork } from './request-work.ts'
import { scopesOf } from './scopes.ts'
import { createUpstreamClient } from './upstream.ts'
import { createVisitorStore } from './visitor-store.ts'

/** Builds the server for one set of keys, of which it keeps a copy. */
export function buildProvider(
  config: ResolvedConfig,
  env: IssuerEnv,
  snapshot: Snapshot,
  clients: ClientSource,
  defer: (work: Promise<unknown>) => void,
): Provider {
  const secure = config.issuer.startsWith('https:')
  const pages = createPages(config.title)
  const browser = createBrowserStore(snapshot.cookieKeys, secure)
  const outside = createOutside(config.issuer, (url, init) => fetch(url, init))
  const hosts = config.clientDocuments === true ? undefined : config.clientDocuments || []
  const adapter = createAdapterFactory({
    clients: createClientStore(clients, {
      load: async (id) => directoryOf(env).findClient(id),
      ...(config.clientDocuments !== false && {
        read: (id: string) => readClientDocument(outside, hosts, scopesOf(config), id),
      }),
      register: async (metadata) => directoryOf(env).registerClient(metadata),
      remove: async (id) => directoryOf(env).removeClient(id),
      reserve: (place, limits) => visitorsOf(env, place).reserve(limits),
    }),
    visitors: createVisitorStore(browser, {
      keep: (place, artifact, limits) => visitorsOf(env, place).keep(artifact, limits),
      reserve: (place, limits) => visitorsOf(env, place).reserve(limits),
    }),
    locate: async (model, key) =>
      snapshot.hasPlaceless ? directoryOf(env).locate(model, key) : undefined,
    refreshGraceSeconds: config.refreshGraceSeconds,
  })
  const provider = new Provider(config.issuer, {
    ...buildConfiguration(config, snapshot, pages, outside),
    adapter,
  })
  // Its host and scheme come from X-Forwarded-*, which issuer.ts sets from ISSUER and nobody else can.
  provider.proxy = true
  putPlacesIntoIds(provider, snapshot.cookieKeys[0] ?? '')
  // The way to keep only hashes (github.com/panva/node-oidc-provider/issues/631): oidc-provider awaits
  // this method, and has no other use for the secret once every HS* algorithm is off.
  provider.Client.prototype.compareClientSecret = function (secret) {
    return verifySecret(secret, this.clientSecret ?? '')
  }
  provider.use(requestWork(objectsOf(env)))
  provider.use(securityHeaders(secure))
  if (config.openRegistration) provider.use(registrationCors)
  provider.use(missingPages(config.title))
  provider.use(leavePages(config.title))
  provider.use(files(config))
  const upstream = config.upstream && createUpstreamClient(config.upstream, outside, config.issuer)
  const parts = { provider, config, env, browser, hasPlaceless: snapshot.hasPlaceless, upstream }
  provider.use(accountPages(parts))
  provider.use(emailPages(parts))
  provider.use(passwordPages({ ...parts, cookieKeys: snapshot.cookieKeys, defer }))
  provider.use(upstreamReturn(parts))
  provider.use(interactionPages(parts))
  provider.on('authorization.success', endWithSignOut)
  provider.on('server_error', (_ctx, error) => console.error('issuer: server_error', error))
  provider.on('grant.error', (_ctx, error) => {
    console.warn('issuer: grant refused', error.error, error.error_detail ?? '')
  })
  return provider
}

function objectsOf(env: StorageEnv): Objects {
  return {
    async open(place, model, column, value) {
      const kind = kindOf(place)
      if (kind === 'person') return personOf(env, place).open(model, column, value)
      if (kind === 'visitors') return visitorsOf(env, place).open(model, column, value)
      return shelfOf(env, place).open(model, column, value)
    },
    async commit(place, changes) {
      const kind = kindOf(place)
      if (kind === 'person') return personOf(env, place).commit(changes)
      if (kind === 'visitors') return visitorsOf(env, place).commit(changes)
      return shelfOf(env, place).commit(changes)
    },
    person: async (place) => personOf(env, place).active(),
  }
}

/** Signing out ends what was issued to a client, unless the person allowed it to stay while away. */
function endWithSignOut(ctx: Context | undefined): void {
  const { session, client, grant } = ctx?.oidc ?? {}
  if (!session || !client) return
  const outlives = grant?.getOIDCScope().split(' ').includes('offline_access') === true
  session.authorizationFor(client.clientId).persistsLogout = outlives
}
