// The shipped state Worker in a process of its own, so that a test can kill it. workerd has no calls between
// processes, so each call travels as JSON; the classes and what they store are the shipped ones.

import { WorkerEntrypoint } from 'cloudflare:workers'
import { State as Shipped } from '../../../src/state/index.ts'

export { Numbers, Session, SessionIndex } from '../../../src/state/index.ts'
export { Shipped as State }

interface Call {
  operation: string
  args: unknown[]
}

type Operations = Record<string, (...args: unknown[]) => Promise<unknown>>

/** Of the process with the objects. */
export default class Door extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    const { operation, args } = await request.json<Call>()
    const state = (this.ctx.exports as unknown as { State: Operations }).State
    return Response.json({ result: await state[operation]?.(...args) })
  }
}
