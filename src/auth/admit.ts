/** Who asks, and may they? Every question that is about the caller, in order. */

import type { Scope } from '../lib/scope.ts'
import { authorize, type Policy } from './authorize.ts'
import type { Cutoff } from './cutoff.ts'
import type { Call, Operation } from './feature.ts'
import { identify, type Requirement } from './identify.ts'
import type { Principal } from './principal.ts'
import type { Finish, Inbound, Scheme } from './scheme.ts'

/** What has to be known of a route. */
export interface Admitting {
  readonly requirement?: Requirement | undefined
  readonly policy: Policy
  readonly parts: {
    readonly limit?: {
      meter(call: Call, notes: Notes): Promise<void> | void
      /** Where something is counted by what a request asks for. */
      readonly meterOperation?: Meter | undefined
    }
    readonly mcp?: { read(inbound: Inbound, pages?: Pages): Operation | Promise<Operation> }
    readonly cors?: Pages
  }
}

type Meter = (call: Call, operation: Operation, notes: Notes) => Promise<void>

/** Pages of other origins that may use a route. */
export interface Pages {
  allows(origin: string): boolean
}

/** Where what is found out is noted at once, for the log and the answer of a refusal. */
export interface Notes {
  call?: Call
  /** Whether the limits by caller let it pass. */
  isMetered?: boolean
  /** Why a limit did not count, where the request may pass all the same. */
  limitFailure?: string
  readonly judges: Scheme[]
  readonly finishes: Finish[]
}

/** The callers; the first speaks. Throws where they may not. */
export async function admit(
  inbound: Inbound,
  { requirement, policy, parts }: Admitting,
  cutoff: Cutoff | undefined,
  scope: Scope,
  notes: Notes,
): Promise<readonly Principal[]> {
  const verified = requirement ? await identify(inbound, requirement, scope, notes.judges) : []
  for (const { finish } of verified) if (finish) notes.finishes.push(finish)
  const principals = verified.map(({ principal }) => principal)
  const [principal] = principals
  notes.call = { ...inbound, principals }
  if (principal && cutoff) await cutoff.refuse(principals, scope)
  if (parts.limit) {
    await parts.limit.meter(notes.call, notes)
    notes.isMetered = true
  }
  if (principal) authorize(principal, policy)
  // Nobody makes the gateway read a body who may not use the route.
  if (parts.mcp) await readOperation(inbound, parts.mcp, parts, principals, notes)
  return principals
}

/**
 * The callers, where they may do what the request asks for by name. Throws where they may not, which counts against a
 * limit as what they may does.
 */
export async function readOperation(
  inbound: Inbound,
  mcp: NonNullable<Admitting['parts']['mcp']>,
  { cors, limit }: Admitting['parts'],
  principals: readonly Principal[],
  notes: Notes,
): Promise<readonly Principal[]> {
  const operation = await mcp.read(inbound, cors)
  notes.call = { ...inbound, principals, operation }
  if (limit?.meterOperation) await limit.meterOperation(notes.call, operation, notes)
  operation.permit(principals)
  return principals
}
