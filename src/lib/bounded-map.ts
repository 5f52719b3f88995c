/** A map by text that cannot grow past its limits, whatever it is fed. */

export interface Limits {
  maxEntries: number
  /** Over all keys, in characters. */
  maxKeyLength: number
}

export interface BoundedMap<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  readonly size: number
}

/**
 * When half of a limit is reached, what was not used since the last time goes at once: looking up costs
 * one or two map reads, and what is in use stays.
 */
export function createBoundedMap<Value>({ maxEntries, maxKeyLength }: Limits): BoundedMap<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  let youngLength = 0

  function set(key: string, value: Value): void {
    old.delete(key)
    if (!young.has(key)) {
      if (young.size >= maxEntries / 2 || youngLength + key.length > maxKeyLength / 2) {
        old = young
        young = new Map()
        youngLength = 0
      }
      youngLength += key.length
    }
    young.set(key, value)
  }

  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set,
    delete(key) {
      if (young.delete(key)) youngLength -= key.length
      old.delete(key)
    },
    get size() {
      return young.size + old.size
    },
  }
}
