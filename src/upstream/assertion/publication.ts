/** The gateway's public keys, at one address: all that an origin has to know to check an assertion. */

import type { Endpoint, House } from '../../auth/feature.ts'
import { createSigningKey, type SigningKey } from './key.ts'

export const KEYS_PATH = '/.well-known/gatehouse/jwks.json'
/** How long a copy may be kept. A new key has to be published for longer before it signs. */
const MAX_AGE_SECONDS = 300

export interface Publication {
  /** The same for the same text: a key is imported once, however many routes sign with it. */
  keyOf(text: string): SigningKey
  /** The same for the same host. */
  endpointAt(host: string | undefined): Endpoint
}

const publications = new WeakMap<House, Publication>()

/** What all assertions of one gateway publish together. */
export function publicationOf(house: House): Publication {
  const known = publications.get(house)
  if (known) return known
  const publication = createPublication()
  publications.set(house, publication)
  return publication
}

function createPublication(): Publication {
  const keys = new Map<string, SigningKey>()
  const endpoints = new Map<string | undefined, Endpoint>()

  async function handle(): Promise<Response> {
    const published = await Promise.all([...keys.values()].map((key) => key.publicJwk()))
    return Response.json(
      { keys: published },
      {
        headers: {
          'content-type': 'application/jwk-set+json',
          'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
        },
      },
    )
  }

  return {
    keyOf(text) {
      const key = keys.get(text) ?? createSigningKey(text)
      keys.set(text, key)
      return key
    },
    endpointAt(host) {
      const endpoint = endpoints.get(host) ?? { path: KEYS_PATH, host, methods: ['GET'], handle }
      endpoints.set(host, endpoint)
      return endpoint
    },
  }
}
