/**
 * The load: keeps every target busy at the same time until each of them has answered its share, then says
 * how many answers each one gave. One job a line on standard input. Raw sockets with prepared requests,
 * so that the client is not what is measured.
 */

import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Headers } from '../headers.ts'
import type { Job, Line, Target } from '../load.ts'

/** On each target, one request at a time on each. */
const CONNECTIONS = 16
const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = '\r\n0\r\n\r\n'

interface Progress {
  requests: Buffer[]
  sent: number
  answered: number
}

console.log('{}')
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line) as Job
  try {
    console.log(JSON.stringify({ answered: await run(job) }))
  } catch (error) {
    console.log(JSON.stringify({ failure: String(error) }))
  }
}
process.exit()

async function run({ targets, requests, headers }: Job): Promise<number[]> {
  const all = targets.map((target) => ({
    requests: target.lines.map((line) => prepare(target, line, headers)),
    sent: 0,
    answered: 0,
  }))
  // The last to get there decides, so that until then nobody has the core for itself.
  const isOver = () => all.every(({ answered }) => answered >= requests)
  await Promise.all(
    targets.flatMap(({ port }, index) => {
      const progress = all[index]
      if (progress === undefined) return []
      return Array.from({ length: CONNECTIONS }, () => talk(port, progress, isOver))
    }),
  )
  return all.map(({ answered }) => answered)
}

function prepare({ port }: Target, line: Line, headers: Headers): Buffer {
  const { path, token, cookie = '', body = '' } = line
  const fields = [
    `Host: 127.0.0.1:${port}`,
    ...headers.map(([name, value]) => `${name}: ${value}${name === 'Cookie' ? cookie : ''}`),
  ]
  if (token !== '') fields.push(`Authorization: Bearer ${token}`)
  if (body !== '') {
    fields.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  }
  const method = body === '' ? 'GET' : 'POST'
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('\r\n')}${HEAD_END}${body}`)
}

/** One connection, until the job is over and its last answer is in: nothing is broken off. */
function talk(port: number, progress: Progress, isOver: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let answer = ''
    const fail = (reason: string) => {
      socket.destroy()
      reject(new Error(`port ${port}: ${reason}`))
    }
    socket.once('error', (error) => fail(error.message))
    socket.once('close', () => fail('the connection was closed'))
    socket.once('connect', () => next(socket, progress))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (!isWhole(answer)) return
      if (!answer.startsWith('HTTP/1.1 200 ')) return fail(answer)
      answer = ''
      progress.answered++
      if (!isOver()) return next(socket, progress)
      resolve()
      socket.destroy()
    })
  })
}

function next(socket: Socket, progress: Progress): void {
  const request = progress.requests[progress.sent++ % progress.requests.length]
  if (request !== undefined) socket.write(request)
}

function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf(HEAD_END)
  if (headEnd < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer)?.[1]
  if (length === undefined) return answer.endsWith(LAST_CHUNK)
  return answer.length >= headEnd + HEAD_END.length + Number(length)
}
