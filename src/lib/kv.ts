/**
 * The gateway's KV namespace. For key sets it makes things faster or keeps them alive through an outage, and is
 * never needed: a read that fails or hangs is a miss, a write that fails is forgotten. What is kept there alone is
 * asked for with {@link askStore}, which tells a miss from a failure.
 */

import { within, withinMs } from './within.ts'

/** The part of a KV namespace that is used; the platform's `KVNamespace` fits. */
export interface Store {
  get(key: string): Promise<string | null>
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
}

/** A read that takes longer is a miss: the issuer is asked instead. */
const READ_TIMEOUT_MS = 1_000

export async function readStore(
  store: Store | undefined,
  key: string,
): Promise<string | undefined> {
  if (!store) return undefined
  try {
    return (await withinMs(() => store.get(key), READ_TIMEOUT_MS, 'no value')) ?? undefined
  } catch {
    return undefined
  }
}

/** Undefined where there is no value. Rejects where the read fails, or has not ended when `signal` aborts. */
export async function askStore(
  store: Pick<Store, 'get'>,
  key: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await within(() => store.get(key), signal)) ?? undefined
}

export async function writeStore(
  store: Store | undefined,
  key: string,
  value: string,
  ttlSeconds: number,
): Promise<void> {
  try {
    await store?.put(key, value, { expirationTtl: ttlSeconds })
  } catch {
    // The next refresh writes again.
  }
}
