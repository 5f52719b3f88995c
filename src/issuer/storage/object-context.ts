/** What each kind of object needs of the Durable Object that it is. */

export interface ObjectContext {
  readonly sql: SqlStorage
  /** Unix seconds. */
  now(): number
  /** Frees the space of what ends at this time (Unix seconds), some time after it. */
  expireAt(at: number | undefined): Promise<void>
  /** Runs one at a time, and everybody else of this object waits. */
  alone<T>(use: () => Promise<T>): Promise<T>
  /** Deletes the object and everything in it. */
  erase(): Promise<void>
}
