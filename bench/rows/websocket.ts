/** WebSocket messages: a connection that ends with its token, and one that may outlive it. */

import { end } from '../processes.ts'
import { ratios, spread } from '../stats.ts'
import type { RunningWorker } from '../workerd.ts'
import { client, type World } from '../world.ts'
import { alternate, pair } from './pair.ts'
import { atLeast, type Row } from './row.ts'

/** One message at a time on each connection: in a stream of them pass-through copies whole packets. */
const MESSAGES = { connections: 16, window: 1, messages: 10_000 }

interface Messages {
  messages: number
  seconds: number
  refusal?: string
}

/** WebSocket messages to an echo and back: with the end at the token's expiry, and without it. */
export async function websocketRows(world: World): Promise<Row[]> {
  const [pass, gate] = await pair(world, 'websocket')
  const vars = { OUTLIVE: 'on' }
  const outliving = await world.serve('websocket-outlive', 'gatehouse.ts', {
    origin: 'large',
    vars,
  })
  const [ending, passEnding] = await alternate(
    world,
    'WebSocket',
    gate,
    pass,
    messagesPerSecond(world),
  )
  const [rate, passRate] = await alternate(
    world,
    'WebSocket that outlives its token',
    outliving,
    pass,
    messagesPerSecond(world),
  )
  await Promise.all([end(pass.child), end(gate.child), end(outliving.child)])
  const value = spread(ratios(ending, passEnding))
  return [
    {
      group: 'websocket',
      label: 'WebSocket messages per second',
      value,
      unit: '×',
      goal: atLeast(value, 0.95, '≥ 0.95 × pass-through'),
      context: `${rounded(ending)}/s through a relay that closes at the token's expiry; pass-through ${rounded(passEnding)}/s`,
    },
    {
      group: 'websocket',
      label: 'the same on a route with dangerouslyOutliveToken',
      value: spread(ratios(rate, passRate)),
      unit: '×',
      context: `${rounded(rate)}/s`,
    },
  ]
}

function messagesPerSecond(world: World): (server: RunningWorker) => Promise<number> {
  return async (server) => {
    const spec = { ...MESSAGES, port: Number(new URL(server.url).port), path: '/orders/live' }
    const { messages, seconds, refusal } = await client<Messages>('messages.ts', {
      ...spec,
      token: world.token,
    })
    if (refusal !== undefined) throw new Error(`the upgrade is refused: ${refusal}`)
    return messages / seconds
  }
}

function rounded(values: number[]): string {
  return Math.round(spread(values).median).toLocaleString('en')
}
