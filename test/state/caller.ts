/** A Worker in the gateway's place, with the check and the calls that a feature has. */

import * as v from 'valibot'
import { type StateBinding, stateBinding, stateOf } from '../../src/options/state.ts'

/** An operation to call through a binding, `times` times at once. */
export interface Question {
  binding: string
  operation: string
  args?: unknown[]
  times?: number
}

/** What each call came to: its result, or `Error: message`. */
export type Answer = { result: unknown } | { error: string }

export default {
  async fetch(request, env) {
    const { binding, operation, args = [], times = 1 } = await request.json<Question>()
    const { success, issues } = v.safeParse(stateBinding, env[binding])
    const bound = env[binding]
    if (!success || !bound) return Response.json([{ error: issues?.[0]?.message }])
    const state = stateOf<Record<string, (...args: unknown[]) => Promise<unknown>>>(bound)
    const calls = await Promise.allSettled(
      Array.from({ length: times }, () => state[operation]?.(...args)),
    )
    return Response.json(
      calls.map(
        (call): Answer =>
          call.status === 'fulfilled' ? { result: call.value } : { error: String(call.reason) },
      ),
    )
  },
} satisfies ExportedHandler<Record<string, StateBinding>>
