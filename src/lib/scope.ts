/** What one request lends to the work done for it: one deadline for all it waits for, and time after its answer. */

/** Keys and verdicts from an issuer together take no longer. */
const DEADLINE_MS = 5_000

export interface Scope {
  /** Made when it is first asked for, so that a request that waits for nobody has none. */
  deadline(): AbortSignal
  waitUntil(promise: Promise<unknown>): void
  /** What the platform knows of the request. */
  readonly platform?: Platform
  /** Noted by whoever waited for it, for the log. Undefined: nobody had to wait. */
  verdictFrom?: VerdictSource
}

/** What a verdict on a token had to wait for: a key set in KV or at its issuer, or the issuer's own verdict. */
export type VerdictSource = 'kv' | 'issuer' | 'introspection'

export interface PlatformAccess {
  /** The application of Access that let the request in. */
  readonly aud: string
  /** Undefined for a service token, which is nobody. */
  getIdentity(): Promise<unknown>
}

/** The part of the platform's ExecutionContext that is used. */
export interface Context extends Platform {
  waitUntil(promise: Promise<unknown>): void
}

export interface Platform {
  /** Who Cloudflare Access says it is, where it guards the Worker itself (`ctx.access`). */
  readonly access?: PlatformAccess | undefined
  /** Undefined where the runtime has none. */
  readonly tracing?: {
    getActiveSpan(): PlatformSpan | undefined
    /** Runs `work` in a span below the active one, which ends when it does. */
    enterSpan<Result>(name: string, work: (span: PlatformSpan) => Result): Result
  }
}

/** A span of the platform's own tracing. */
export interface PlatformSpan {
  /** Whether it is recorded. */
  readonly isTraced: boolean
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
  updateName(name: string): unknown
  setStatus(status: { code: 'unset' | 'ok' | 'error' }): unknown
}

export function createScope(context: Context): Scope {
  let deadline: AbortSignal | undefined
  return {
    deadline: () => (deadline ??= AbortSignal.timeout(DEADLINE_MS)),
    waitUntil: (promise) => context.waitUntil(promise),
    platform: context,
  }
}
