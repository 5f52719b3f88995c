/**
 * The authorization server: CPU and calls to objects for each kind of token request and for a sign-in
 * with a password. The calls are counted, so they do not depend on the machine.
 */

import { createHash, randomBytes } from 'node:crypto'
import { bundleIssuer, issuerConfig } from '../../test/issuer/bundle.ts'
import { ADMIN_KEY, ISSUER, Person } from '../../test/issuer/world.ts'
import { spawnWorkerd, type WorkerdProcess } from '../../test/support/workerd-process.ts'
import { cpuMicros } from '../processes.ts'
import { estimate } from '../stats.ts'
import { scratch } from '../workerd.ts'
import type { World } from '../world.ts'
import { atMost, exactly, type Row } from './row.ts'

const GROUP = 'issuer'
const REDIRECT = 'https://app.example.com/callback'
const SECRET = 'a-client-secret-of-thirty-two-chars-or-more'
const PASSWORD = 'correct horse battery staple'
/** Few, because each sign-in costs a password: its CPU is the figure that matters least to be exact. */
const ROUNDS = 5
const PER_ROUND = 20
const SIGN_INS = 4

export async function issuerRows(world: World): Promise<Row[]> {
  const folder = scratch('authorization-server')
  const bundle = await bundleIssuer(folder, 'test/issuer/issuer-with-door.ts')
  const workerd = await spawnWorkerd(issuerConfig(folder, bundle), ['issuer'])
  try {
    const server = new Server(workerd)
    await server.prepare()
    const rows: Row[] = []
    for (const [label, goal, step, count] of [
      ['client credentials', 0, () => server.clientCredentials(), PER_ROUND],
      ['code exchange', 2, () => server.exchangeCode(), PER_ROUND],
      ['refresh', 2, () => server.refresh(), PER_ROUND],
      ['sign-in with a password', undefined, () => server.signIn(), SIGN_INS],
    ] as const) {
      world.progress(`authorization server: ${label}`)
      rows.push(...(await measure(server, label, goal, step, count)))
    }
    return rows
  } finally {
    await workerd.kill()
  }
}

/** `step` prepares something and answers what is measured. */
async function measure(
  server: Server,
  label: string,
  goal: number | undefined,
  step: () => Promise<() => Promise<unknown>>,
  count: number,
): Promise<Row[]> {
  const micros: number[] = []
  let calls: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const prepared: (() => Promise<unknown>)[] = []
    for (let i = 0; i < count; i++) prepared.push(await step())
    await server.calls()
    const before = cpuMicros(server.pid)
    for (const run of prepared) await run()
    micros.push((cpuMicros(server.pid) - before) / count)
    calls = (await server.calls()).filter((call) => !isLookedUpBehind(call))
  }
  const perRequest = exactly(calls.length / count)
  const shared = calls.filter((call) => call.startsWith('issuer ')).length
  const kinds = [...new Set(calls.map((call) => call.replace(/^\S+ /, '')))].join(', ')
  return [
    { group: GROUP, label: `${label}: CPU of the server`, value: estimate(micros), unit: 'µs' },
    {
      group: GROUP,
      label: `${label}: calls to objects`,
      value: perRequest,
      unit: '',
      goal: goal === undefined ? undefined : atMost(perRequest, goal, `≤ ${goal}`),
      context: `${kinds || 'none'}; ${shared} to the directory`,
    },
  ]
}

/** The cache of an isolate looks at keys and clients behind an answer, every few seconds. */
function isLookedUpBehind(call: string): boolean {
  return /directory\.(?:snapshot|findClient)$/.test(call)
}

class Server {
  readonly #workerd: WorkerdProcess<'issuer'>
  readonly #person: Person
  #refreshToken = ''

  constructor(workerd: WorkerdProcess<'issuer'>) {
    this.#workerd = workerd
    this.#person = this.#newPerson()
  }

  get pid(): number {
    return this.#workerd.pid
  }

  async prepare(): Promise<void> {
    const redirectUris = [REDIRECT]
    const client = { command: 'client add', id: 'web', kind: 'web', secret: SECRET, redirectUris }
    await this.#admin({ ...client, firstParty: true })
    await this.#admin({ command: 'client add', id: 'svc', kind: 'service', secret: SECRET })
    await this.#admin({ command: 'user add', login: 'ada', password: PASSWORD })
    await (await this.clientCredentials())()
    await (await this.exchangeCode())()
  }

  /** The calls to objects since this was asked last. */
  async calls(): Promise<string[]> {
    return (await (await this.#reach('http://localhost/test/calls')).json()) as string[]
  }

  async clientCredentials() {
    return () => this.#token('svc', { grant_type: 'client_credentials' })
  }

  async exchangeCode() {
    const verifier = randomBytes(32).toString('base64url')
    const callback = await this.#person.authorize(authorizeUrl(verifier), 'ada', PASSWORD)
    return async () => {
      const tokens = await this.#token('web', {
        grant_type: 'authorization_code',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: REDIRECT,
        code_verifier: verifier,
      })
      this.#refreshToken = tokens.refresh_token ?? ''
    }
  }

  async refresh() {
    return async () => {
      const form = { grant_type: 'refresh_token', refresh_token: this.#refreshToken }
      const tokens = await this.#token('web', form)
      this.#refreshToken = tokens.refresh_token ?? ''
    }
  }

  async signIn() {
    const person = this.#newPerson()
    const verifier = randomBytes(32).toString('base64url')
    return () => person.authorize(authorizeUrl(verifier), 'ada', PASSWORD)
  }

  async #token(client: string, form: Record<string, string>): Promise<{ refresh_token?: string }> {
    const answer = await this.#reach(`${ISSUER}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client}:${SECRET}`)}` },
      body: new URLSearchParams(form),
    })
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as { refresh_token?: string }
  }

  async #admin(command: object): Promise<void> {
    const answer = await this.#reach(`${ISSUER}/oauth2/admin`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      body: JSON.stringify(command),
    })
    if (!answer.ok) throw new Error(await answer.text())
  }

  #newPerson(): Person {
    return new Person({ issuer: ISSUER, fetch: (url, init) => this.#reach(url, init) })
  }

  #reach(url: string, init?: RequestInit): Promise<Response> {
    const target = new URL(url)
    target.hostname = '127.0.0.1'
    target.port = String(this.#workerd.ports.issuer)
    return fetch(target, { redirect: 'manual', ...init })
  }
}

function authorizeUrl(verifier: string): string {
  return `${ISSUER}/oauth2/authorize?${new URLSearchParams({
    client_id: 'web',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })}`
}
