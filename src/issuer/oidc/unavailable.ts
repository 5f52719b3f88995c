/** An object that does not answer, in the words of OAuth: the client may try again. */

import { TemporarilyUnavailable } from 'oidc-provider/lib/helpers/errors.js'
import type { ProviderError } from 'oidc-provider/lib/provider.js'

/** RFC 6749 section 4.1.2.1, with the status of a server that is overloaded or down. */
export function temporarilyUnavailable(description: string): ProviderError {
  return Object.assign(new TemporarilyUnavailable(description), {
    status: 503,
    statusCode: 503,
    expose: true,
  })
}

/** What `answer` answers; throws {@link temporarilyUnavailable} where it fails. */
export async function unavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    console.error('issuer: storage is unavailable', error)
    throw temporarilyUnavailable('try again later')
  }
}
