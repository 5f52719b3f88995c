/** What every row needs around its contenders: an origin, an issuer with a KV store, keys and tokens. */

import { type Send, startLoad } from './load.ts'
import { runNode, startNode } from './processes.ts'
import { AUDIENCE, claims, createSigningKey, mint, mintMany, type SigningKey } from './tokens.ts'
import { type Checkout, type RunningWorker, serve } from './workerd.ts'

export interface Options {
  /** Fresh processes of each contender. */
  processes: number
  /** Requests that each process answers while it is measured. */
  requests: number
  /** Requests before the first turn, until the compiler is done with the most of it. */
  warmUp: number
  full: boolean
}

export interface World extends Options {
  send: Send
  key: SigningKey
  issuerUrl: string
  kvPort: number
  /** Answers GETs with a small JSON. */
  smallPort: number
  /** Takes bodies, gives bytes, echoes WebSocket messages. */
  largePort: number
  /** One valid token. */
  token: string
  /** Distinct valid tokens; the same ones for every caller, more when more are asked for. */
  tokens(count: number): Promise<string[]>
  /** What the issuer and the KV store were asked so far. */
  counts(): Promise<IssuerCounts>
  /** Starts a process that serves contenders/<entry> with the bindings that every contender gets. */
  serve(entry: string, more?: ServeOptions): Promise<RunningWorker>
  /** Whether a part starts another set of processes: the first five always, more while it has time left. */
  goesOn(set: number): boolean
  progress(text: string): void
}

export interface ServeOptions {
  origin?: 'small' | 'large'
  vars?: Record<string, string>
  /** Whose contenders/; default: those beside this file. */
  checkout?: Checkout
  inspect?: boolean
  /** With the state Worker beside it, bound as STATE. */
  state?: boolean
}

export interface IssuerCounts {
  keySet: number
  discovery: number
  kvReads: number
  kvWrites: number
}

/** With fewer processes a figure says little. */
export const FEWEST_PROCESSES = 5

/** Starts the servers; they end with this process. `hasTime` says whether the present part may go on. */
export async function createWorld(
  options: Options,
  hasTime: () => boolean,
  progress: (text: string) => void,
): Promise<World> {
  const key = createSigningKey()
  const origin = await startNode<{ smallPort: number; largePort: number }>('servers/origin.ts')
  const issuer = await startNode<{ issuerPort: number; kvPort: number }>('servers/issuer.ts', {
    jwks: key.jwks,
  })
  const issuerUrl = `http://127.0.0.1:${issuer.issuerPort}`
  let minted: string[] = []
  return {
    ...options,
    send: await startLoad(),
    key,
    issuerUrl,
    kvPort: issuer.kvPort,
    smallPort: origin.smallPort,
    largePort: origin.largePort,
    token: await mint(key, claims(issuerUrl)),
    async tokens(count) {
      const missing = count - minted.length
      if (missing > 0) {
        const more = await mintMany(key, issuerUrl, missing, (done) =>
          progress(`signing tokens: ${minted.length + done} of ${count}`),
        )
        minted = [...minted, ...more]
      }
      return minted.slice(0, count)
    },
    counts: async () => (await (await fetch(`${issuerUrl}/counts`)).json()) as IssuerCounts,
    serve: (entry, more = {}) =>
      serve({
        entry: `contenders/${entry}`,
        kvPort: issuer.kvPort,
        vars: {
          ORIGIN: `http://127.0.0.1:${more.origin === 'large' ? origin.largePort : origin.smallPort}`,
          ISSUER: issuerUrl,
          AUDIENCE,
          ...more.vars,
        },
        ...(more.checkout && { checkout: more.checkout }),
        ...(more.inspect && { inspect: true }),
        ...(more.state && { state: true }),
      }),
    goesOn: (set) => set <= options.processes && (set <= FEWEST_PROCESSES || hasTime()),
    progress,
  }
}

/** For rows that are context: half the requests. */
export function briefly(world: World): World {
  return { ...world, requests: Math.ceil(world.requests / 2) }
}

/** Runs one of the benchmark's clients in a process of its own. */
export function client<T>(file: string, spec: unknown): Promise<T> {
  return runNode<T>(`clients/${file}`, spec)
}
