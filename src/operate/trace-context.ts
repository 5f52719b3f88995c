/** The two headers of W3C Trace Context, level 1: read strictly, written anew for each request. No I/O. */

/** What a `traceparent` says, in lower-case hexadecimal. */
export interface TraceParent {
  /** 32 digits. */
  readonly traceId: string
  /** 16 digits: the span of whoever sends the request. */
  readonly parentId: string
  readonly isSampled: boolean
}

/** Section 3.2.2. Two headers arrive as one with a comma in it, which none of this matches. */
const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-+\--~]*)?$/
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/
/** Nobody's trace is worth more: a well-formed one of version 00 has 55. */
const MAX_PARENT_LENGTH = 512

/** What a client's `traceparent` says; undefined where it says nothing that can be continued. */
export function readTraceParent(value: string | null): TraceParent | undefined {
  if (value === null || value.length > MAX_PARENT_LENGTH) return undefined
  const [, version, traceId = '', parentId = '', flags = '', rest] = PARENT.exec(value) ?? []
  if (version === undefined || version === 'ff') return undefined
  // Section 4.3: a later version may say more, and what is known of it counts.
  if (version === '00' && rest !== undefined) return undefined
  if (!isTraceId(traceId) || !isSpanId(parentId)) return undefined
  return { traceId, parentId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** As version 00, with the one flag that level 1 knows. */
export function formatTraceParent({ traceId, parentId, isSampled }: TraceParent): string {
  return `00-${traceId}-${parentId}-${isSampled ? '01' : '00'}`
}

/** Section 3.2.2.3: of all zeros it is none. */
export function isTraceId(text: string): boolean {
  return TRACE_ID.test(text)
}

/** Section 3.2.2.4: of all zeros it is none. */
export function isSpanId(text: string): boolean {
  return SPAN_ID.test(text)
}

/** Section 3.3.1.1. */
const MAX_MEMBERS = 32
/** Of all members that have to be passed on, 512 characters; of more than this, none are. */
const MAX_STATE_LENGTH = 4_096
/** Sections 3.3.1.3.1 and 3.3.1.3.2: a name, or a tenant at a vendor, and up to 256 characters without `,` and `=`. */
const MEMBER =
  /^((?:[a-z][a-z0-9_*/-]{0,255})|(?:[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}))=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/** Spaces within a member are looked at once, however many there are: the time does not grow by their square. */
const EDGES = /^[ \t]+|(?<![ \t])[ \t]+$/g

/**
 * A client's `tracestate` as it goes on, several headers combined; undefined where it is absent, empty or
 * malformed: then all of it is dropped, and the trace goes on without.
 */
export function readTraceState(value: string | null): string | undefined {
  if (value === null || value.length > MAX_STATE_LENGTH) return undefined
  const members = value
    .split(',')
    .map((member) => member.replace(EDGES, ''))
    .filter((member) => member !== '')
  if (members.length === 0 || members.length > MAX_MEMBERS) return undefined
  const names = members.map((member) => MEMBER.exec(member)?.[1])
  if (names.includes(undefined) || new Set(names).size < names.length) return undefined
  return members.join(',')
}
