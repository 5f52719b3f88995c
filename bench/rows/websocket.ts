/** WebSocket messages to an echo and back: CPU of each, with the end at the token's expiry and without it. */

import { contest, oneByOne, ratio, typical } from '../contest.ts'
import { client, type World } from '../world.ts'
import { GATEWAY, large, pair } from './pair.ts'
import { absolute, atMost, type Row } from './row.ts'
import { PASS } from './verify.ts'

/** One message at a time on each connection: in a stream of them pass-through copies whole packets. */
const MESSAGES = { connections: 16, window: 1, messages: 6_000 }
const TURNS = 3
const RELAY = 'a relay of ten lines'
const OUTLIVING = 'Gatehouse with dangerouslyOutliveToken'

interface Messages {
  messages: number
  seconds: number
  refusal?: string
}

export async function websocketRows(world: World): Promise<Row[]> {
  const entrants = [
    ...pair(world),
    large(world, RELAY, 'relay.ts'),
    large(world, OUTLIVING, 'gatehouse.ts', { OUTLIVE: 'on' }),
  ]
  const results = await contest(entrants, oneByOne(messages(world)), { ...world, turns: TURNS })
  const toRelay = ratio(results, GATEWAY, RELAY)
  const rows: Row[] = [
    {
      group: 'websocket',
      label: 'CPU per message: Gatehouse to a relay of ten lines',
      value: toRelay,
      unit: '×',
      goal: atMost(toRelay, 1.1, '≤ 1.10 × a relay that does nothing else'),
      context: `${absolute(results, GATEWAY).context}, relay ${absolute(results, RELAY).context}`,
    },
  ]
  for (const name of [GATEWAY, RELAY, OUTLIVING]) {
    const rate = typical(results, name, ({ units, seconds }) => units / seconds)
    rows.push({
      group: 'websocket',
      label: `CPU per message: ${name} to pass-through`,
      value: ratio(results, name, PASS),
      unit: '×',
      context: `${absolute(results, name).context}, ${Math.round(rate).toLocaleString('en')} messages/s`,
    })
  }
  return rows
}

function messages(world: World): Parameters<typeof oneByOne>[0] {
  return async ({ url }) => {
    const { messages, seconds, refusal } = await client<Messages>('messages.ts', {
      ...MESSAGES,
      port: Number(new URL(url).port),
      path: '/orders/live',
      token: world.token,
    })
    if (refusal !== undefined) throw new Error(`the upgrade is refused: ${refusal}`)
    return { units: messages, seconds }
  }
}
