/** Why another provider signed nobody in. */

import { AuthorizationResponseError, ResponseBodyError } from 'oauth4webapi'

/** The person said no, the provider does not answer, or its answer is wrong. */
export type UpstreamFailure = 'denied' | 'unreachable' | 'refused'

export class UpstreamError extends Error {
  readonly failure: UpstreamFailure

  constructor(failure: UpstreamFailure, reason: string) {
    super(reason)
    this.failure = failure
  }
}

/** What the library throws, in our terms. Nothing of a token or a claim is in its messages. */
export async function told<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof UpstreamError) throw error
    if (error instanceof AuthorizationResponseError) {
      const failure = error.error === 'access_denied' ? 'denied' : 'refused'
      throw new UpstreamError(failure, `it answers ${error.error}`)
    }
    if (error instanceof ResponseBodyError) {
      throw new UpstreamError('refused', `its token endpoint answers ${error.error}`)
    }
    throw new UpstreamError('refused', error instanceof Error ? error.message : String(error))
  }
}
