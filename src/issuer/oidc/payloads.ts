/** What oidc-provider hands over, as it is stored, and back. */

import type { Artifact, StoredArtifact } from '../storage/artifacts.ts'
import { type Place, placeNamed, placeOfPerson } from '../storage/places.ts'
import type { Payload } from './stores.ts'

/** The place of whom it is about: a person who is known, or a client that acts for itself. */
export function homeOf(payload: Payload): Place | undefined {
  const { result, session, accountId, clientId, iss } = payload as {
    result?: { login?: { accountId?: string } }
    session?: { accountId?: string }
    accountId?: string
    clientId?: string
    iss?: string
  }
  const person = result?.login?.accountId ?? session?.accountId ?? accountId
  if (person !== undefined) return placeOfPerson(person)
  const client = clientId ?? iss
  return client === undefined ? undefined : placeNamed('client', client)
}

export function artifactOf(
  model: string,
  id: string,
  hashed: boolean,
  payload: Payload,
  expiresInSeconds: number | undefined,
): Artifact {
  const { consumed: _, ...kept } = hashed ? { ...payload, jti: undefined } : payload
  return {
    model,
    id,
    payload: JSON.stringify(kept),
    grantId: text(payload.grantId),
    accountId: text(payload.accountId),
    clientId: text(payload.clientId),
    uid: text(payload.uid),
    userCode: text(payload.userCode),
    expiresAt: expiresInSeconds && Math.floor(Date.now() / 1000) + expiresInSeconds,
  }
}

export function payloadOf(
  stored: StoredArtifact,
  jti: string | undefined,
  graceSeconds: number,
): Payload {
  const { payload, consumedAt } = stored
  const usedUp = consumedAt !== null && Date.now() / 1000 >= consumedAt + graceSeconds
  return {
    ...(JSON.parse(payload) as Payload),
    ...(jti !== undefined && { jti }),
    ...(usedUp && { consumed: consumedAt }),
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
