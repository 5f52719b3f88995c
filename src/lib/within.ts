/** Waiting for a call that cannot be cancelled, and no longer than there is time. */

/** What the call gives; rejects where it fails, or has not ended when `signal` aborts. It is not made after that. */
export function within<Value>(call: () => PromiseLike<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    call().then(resolve, reject)
  })
}

/** The same within so many milliseconds; the error of one that is late says what did not come: `no count`. */
export async function withinMs<Value>(
  call: () => PromiseLike<Value> | Value,
  limitMs: number,
  missing: string,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`${missing} within ${limitMs / 1_000} seconds`)
    timer = setTimeout(reject, limitMs, error)
  })
  try {
    return await Promise.race([call(), late])
  } finally {
    clearTimeout(timer)
  }
}
