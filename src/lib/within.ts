/** Waiting for a call that cannot be cancelled, and no longer than there is time. */

/** What the call gives; rejects where it fails, or has not ended when `signal` aborts. It is not made after that. */
export function within<Value>(call: () => PromiseLike<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    call().then(resolve, reject)
  })
}
