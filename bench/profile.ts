/**
 * Where a contender's CPU goes: a profile of its isolate taken through workerd's inspector under load,
 * and the functions with the most self time.
 */

import { writeFileSync } from 'node:fs'
import { BROWSER } from './headers.ts'
import { end } from './processes.ts'
import { PATH } from './requests.ts'
import type { World } from './world.ts'

const TOP = 25
const SAMPLING_MICROS = 500
const REQUESTS = 20_000

interface ProfileNode {
  id: number
  callFrame: { functionName: string; url: string; lineNumber: number }
}

interface CpuProfile {
  nodes: ProfileNode[]
  samples: number[]
  timeDeltas: number[]
}

/** Writes <name>.cpuprofile into the working folder and gives the summary. */
export async function profile(world: World, name: string): Promise<string> {
  const entry = `${name}.${/^(hono|verify)/.test(name) ? 'js' : 'ts'}`
  const server = await world.serve(entry, { inspect: true })
  const inspector = await connect(server.inspectorPort)
  const lines = [{ path: PATH, token: world.token }]
  const targets = [{ port: Number(new URL(server.url).port), lines }]
  const load = { targets, headers: BROWSER }
  await world.send({ ...load, requests: world.warmUp })
  await inspector.call('Profiler.enable')
  await inspector.call('Profiler.setSamplingInterval', { interval: SAMPLING_MICROS })
  await inspector.call('Profiler.start')
  await world.send({ ...load, requests: REQUESTS })
  const { profile } = (await inspector.call('Profiler.stop')) as { profile: CpuProfile }
  await end(server.child)
  const file = `${name}.cpuprofile`
  writeFileSync(file, JSON.stringify(profile))
  return `${summary(profile)}\n\nwritten to ${file}`
}

function summary({ nodes, samples, timeDeltas }: CpuProfile): string {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const self = new Map<string, number>()
  let total = 0
  for (const [index, id] of samples.entries()) {
    const frame = byId.get(id)
    if (frame === undefined || frame.functionName === '(idle)') continue
    const time = timeDeltas[index] ?? 0
    const name = `${frame.functionName || '(anonymous)'} ${place(frame)}`
    self.set(name, (self.get(name) ?? 0) + time)
    total += time
  }
  const top = [...self].sort(([, a], [, b]) => b - a).slice(0, TOP)
  const lines = top.map(([name, time]) => {
    const share = ((100 * time) / total).toFixed(1).padStart(5)
    return `${share} %  ${(time / REQUESTS).toFixed(2).padStart(7)} µs/request  ${name}`
  })
  return ['Self time without idle:', ...lines].join('\n')
}

function place({ url, lineNumber }: ProfileNode['callFrame']): string {
  return url === '' ? '' : `worker.js:${lineNumber + 1}`
}

interface Inspector {
  call(method: string, params?: object): Promise<unknown>
}

async function connect(port: number): Promise<Inspector> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    webSocketDebuggerUrl: string
  }[]
  const socket = new WebSocket(targets.at(0)?.webSocketDebuggerUrl ?? '')
  const waiting = new Map<number, (answer: { result?: unknown; error?: object }) => void>()
  let calls = 0
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as { id?: number; result?: unknown }
    if (message.id !== undefined) waiting.get(message.id)?.(message)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  return {
    call: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const id = ++calls
        waiting.set(id, ({ result, error }) => {
          if (error) reject(new Error(`${method}: ${JSON.stringify(error)}`))
          else resolve(result)
        })
        socket.send(JSON.stringify({ id, method, params }))
      }),
  }
}
