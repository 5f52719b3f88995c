// Stands where the gateway's STATE is bound, and passes each call on to the process that has the objects.

import { WorkerEntrypoint } from 'cloudflare:workers'

const OPERATIONS = [
  'createSession',
  'readSession',
  'leaseSession',
  'writeSession',
  'releaseSession',
  'endSession',
  'indexSession',
  'endSessionsOf',
  'endSessionsBefore',
]

export class State extends WorkerEntrypoint<{ FAR: Fetcher }> {}

for (const operation of OPERATIONS) {
  Object.defineProperty(State.prototype, operation, {
    async value(this: { env: { FAR: Fetcher } }, ...args: unknown[]) {
      const body = JSON.stringify({ operation, args })
      const response = await this.env.FAR.fetch('http://state/', { method: 'POST', body })
      if (!response.ok) throw new Error(`state answered ${response.status}`)
      return ((await response.json()) as { result: unknown }).result
    },
  })
}

export default { fetch: () => new Response(null, { status: 404 }) }
