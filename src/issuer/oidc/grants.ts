/** What a person has allowed a client before, and what the owner allows on their behalf. */

import type { Context, Grant } from 'oidc-provider/lib/provider.js'

/**
 * Answers the grant of this session. An application of the owner's own gets whatever it asks for, within
 * its scopes, so there is nothing to consent to; a native one is asked about all the same, because
 * nobody can tell it from an impostor (RFC 8252 section 8.6).
 */
export async function loadExistingGrant({ oidc }: Context): Promise<Grant | undefined> {
  const { client, session, provider } = oidc ?? {}
  if (!oidc || !provider || !client || !session?.accountId) return undefined
  const id = oidc.result?.consent?.grantId ?? session.grantIdFor(client.clientId)
  const known = id === undefined ? undefined : await provider.Grant.find(id)
  if (!client.first_party) return known
  const { accountId } = session
  const grant = known ?? new provider.Grant({ accountId, clientId: client.clientId })
  const own = [...oidc.requestParamOIDCScopes]
  if (own.length > 0) grant.addOIDCScope(own.join(' '))
  for (const [resource, { scopes }] of Object.entries(oidc.resourceServers)) {
    const asked = [...oidc.requestParamScopes].filter((scope) => scopes.has(scope))
    if (asked.length > 0) grant.addResourceScope(resource, asked.join(' '))
  }
  await grant.save()
  return grant
}
