/** Starts the process that sends requests, and gives it jobs. */

import { createInterface } from 'node:readline'
import type { Headers } from './headers.ts'
import { startNode } from './processes.ts'

export interface Line {
  path: string
  /** Empty: no Authorization header. */
  token: string
  /** `; name=value`, after the cookies that every request carries. */
  cookie?: string
  /** JSON that is posted. Default: none, and the method is GET. */
  body?: string
}

export interface Target {
  port: number
  /** One for each request, and again from the start. */
  lines: Line[]
}

export interface Job {
  /** All of them get their requests at the same time. */
  targets: Target[]
  /** The job ends when every target has answered so many. */
  requests: number
  /** In every request, beside the token. */
  headers: Headers
}

/** Does a job and gives the number of answers of each target. Throws when a single one is not 200. */
export type Send = (job: Job) => Promise<number[]>

/** Starts the load generator; it ends with this process. */
export async function startLoad(): Promise<Send> {
  const { child } = await startNode('clients/requests.ts')
  if (child.stdout === null || child.stdin === null) throw new Error('the load has no pipes')
  const { stdin } = child
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async (job) => {
    stdin.write(`${JSON.stringify(job)}\n`)
    const { value, done } = await answers.next()
    if (done) throw new Error('the load generator ended')
    const { answered, failure } = JSON.parse(value) as { answered?: number[]; failure?: string }
    if (answered === undefined) throw new Error(`a request failed: ${failure}`)
    return answered
  }
}
