/**
 * Runs the MCP project's own conformance suite, command `authorization`, against the authorization
 * server: `node test/issuer/mcp-conformance.ts`. It is fetched by npx, so this is no part of `npm test`, and
 * skipped where npm does not give it. Signs in as the person whom the suite waits for; exits with 1 where a
 * scenario fails.
 */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { spawnWorkerd } from '../support/workerd-process.ts'
import { bundleIssuer, issuerConfig } from './bundle.ts'
import { ADMIN_KEY, Person } from './world.ts'

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12'
const PASSWORD = 'correct horse battery staple'

/** Each kind of client, and the server that it is a client of. */
const RUNS = [
  { client: 'public', main: 'test/issuer/open-issuer.ts', kind: 'public', firstParty: false },
  { client: 'confidential', main: 'test/issuer/closed-issuer.ts', kind: 'web', firstParty: false },
  { client: 'first-party', main: 'test/issuer/open-issuer.ts', kind: 'public', firstParty: true },
]

const fetched = spawnSync('npx', ['--yes', '--package', SUITE, 'true'], { encoding: 'utf8' })
if (fetched.status !== 0) {
  console.log(`skipped: npm does not give ${SUITE}\n${fetched.stderr}`)
  process.exit()
}

let failed = false
for (const run of RUNS) {
  const code = await conform(run)
  console.log(`${run.client} client: exit code ${code}`)
  failed ||= code !== 0
}
process.exitCode = failed ? 1 : 0

async function conform({ main, kind, firstParty }: (typeof RUNS)[number]): Promise<number> {
  const disk = await mkdtemp(join(tmpdir(), 'issuer-conformance-'))
  const [port, callbackPort] = [await freePort(), await freePort()]
  const workerd = await spawnWorkerd(issuerConfig(disk, await bundleIssuer(disk, main), port), [
    'issuer',
  ])
  const issuer = `http://localhost:${port}`
  const admin = async (command: object): Promise<{ secret?: string }> => {
    const answer = await fetch(`${issuer}/oauth2/admin`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      body: JSON.stringify(command),
    })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as { secret?: string }
  }
  try {
    await admin({ command: 'user add', login: 'ada', password: PASSWORD })
    const redirectUris = [`http://127.0.0.1:${callbackPort}/callback`]
    const client = { command: 'client add', id: 'suite', kind, firstParty, redirectUris }
    const { secret } = await admin(client)
    return await runSuite(issuer, [
      ...['--url', issuer, '--client-id', 'suite', '--port', String(callbackPort)],
      ...(secret === undefined ? [] : ['--client-secret', secret]),
    ])
  } finally {
    await workerd.kill()
    await rm(disk, { recursive: true })
  }
}

async function runSuite(issuer: string, args: string[]): Promise<number> {
  const child = spawn('npx', ['--yes', SUITE, 'authorization', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  const person = new Person({
    issuer,
    fetch: (url, init) => fetch(url, { redirect: 'manual', ...init }),
  })
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line)
    if (!line.startsWith(`${issuer}/oauth2/authorize?`)) continue
    const callback = await person.authorize(line, 'ada', PASSWORD)
    await (await fetch(callback)).text()
  }
  return ended
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
