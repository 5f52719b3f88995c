/** What sessions of both kinds have from the entry `of`: its issuer, and its verdict on tokens. */

import type { House, OAuthIssuer } from '../auth/feature.ts'
import type { Principal } from '../auth/principal.ts'
import type { Evidence, Inbound, NotMine, Scheme, Verified } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import type { Scope } from '../lib/scope.ts'
import { createClient, type SessionClient } from './client.ts'
import type { CommonSessionOptions } from './options.ts'
import { createRevoke, type Revoke } from './revocation.ts'
import { createServer, type Server } from './server.ts'

/** What the entry `of` says, and how its issuer is asked. */
export interface AtIssuer {
  readonly issuer: OAuthIssuer
  readonly clientId: string
  readonly server: Server
  readonly client: SessionClient
  readonly revoke: Revoke
}

export function atIssuer(options: CommonSessionOptions, house: House): AtIssuer {
  const issuer = house.oauth(options.of)
  if (!issuer) throw new TypeError('sessions are of no entry that takes tokens')
  const { clientSecret, scopes, resource, parameters = {} } = options
  const { clientAuthentication = issuer.clientAuthentication } = options
  const clientId = options.clientId ?? issuer.audiences?.[0] ?? ''
  const server = createServer(issuer, options.tokenOrigin, house)
  const client = createClient(server, {
    clientId,
    clientSecret,
    clientAuthentication,
    scopes,
    resource,
    parameters,
    now: house.now,
  })
  return { issuer, clientId, server, client, revoke: createRevoke(issuer, server, client) }
}

/** Whose token it is. Throws what a request with it would be refused with for who it is. */
export async function vouchedBy(
  judge: Scheme,
  evidence: Evidence,
  inbound: Inbound,
  scope: Scope,
  house: House,
): Promise<Principal> {
  const verdict = await judge.verify(evidence, inbound, scope)
  if ('notMine' in verdict) throw new GatewayError('invalid_token', { reason: verdict.notMine })
  await house.cutoff()?.refuse([verdict.principal], scope)
  return verdict.principal
}

/** There is a person at the browser, whatever the token says: so pages elsewhere are looked out for. */
export function asPerson(verdict: Verified | NotMine): Verified | NotMine {
  if ('notMine' in verdict || verdict.principal.kind === 'person') return verdict
  return { ...verdict, principal: { ...verdict.principal, kind: 'person' } }
}
