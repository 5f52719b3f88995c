// Stands where a gateway's STATE is bound, and passes each call about marks on to the process that has the object.

import { WorkerEntrypoint } from 'cloudflare:workers'

export class State extends WorkerEntrypoint<{ STATE_URL: string }> {}

for (const operation of ['keepMarks', 'marksSince', 'firstTime']) {
  Object.defineProperty(State.prototype, operation, {
    async value(this: { env: { STATE_URL: string } }, ...args: unknown[]) {
      const body = JSON.stringify({ operation, args })
      const response = await fetch(this.env.STATE_URL, { method: 'POST', body })
      if (!response.ok) throw new Error(`state answered ${response.status}`)
      return ((await response.json()) as { result: unknown }).result
    },
  })
}

export default { fetch: () => new Response(null, { status: 404 }) }
