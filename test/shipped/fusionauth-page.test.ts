// docs/providers/fusionauth.md, followed word by word in a copy of the checkout with the owner's files as they are
// shipped. FusionAuth is the stand-in, which also delivers its events to the address that the page gives. Needs curl
// and openssl.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseEnv } from 'node:util'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandsIn, textOf } from '../docs/pages.ts'
import { freePort, type NpmStart, npmStart } from '../local/npm.ts'
import { type CheckoutCopy, copyCheckout } from '../support/checkout-copy.ts'
import { listen } from '../support/fusionauth/listen.ts'
import { delivery } from '../support/fusionauth/webhooks.ts'
import { createFusionAuth, type FusionAuth } from '../support/fusionauth.ts'
import { readmeBlocks } from '../support/readme.ts'
import { shipped } from './uncomment.ts'

const PAGE = 'docs/providers/fusionauth.md'
/** What docs/revocation.md says, and what this machine may take on top. */
const REFUSED_WITHIN = { timeout: 90_000, interval: 1_000 }
const SLOW = { timeout: 300_000 }

let copy: CheckoutCopy
let fusionAuth: FusionAuth
let stopFusionAuth: () => Promise<void>
let start: NpmStart | undefined
let port: number
/** What the reader's shell knows. */
const shellEnv: Record<string, string> = {}
const ran = new Set<string>()

beforeAll(async () => {
  fusionAuth = await createFusionAuth({ now: () => Math.floor(Date.now() / 1_000) })
  const server = await listen(fusionAuth)
  stopFusionAuth = server.close
  port = await freePort()
  copy = await copyCheckout()
  for (const file of ['wrangler.toml', '.dev.vars.example']) await copy.write(file, shipped(file))
  const { shop } = fusionAuth.world.applications
  const { ann } = fusionAuth.world.users
  const { main } = fusionAuth.world.tenants
  const values: Record<string, string> = {
    FUSIONAUTH_URL: server.url,
    ISSUER: main.issuer,
    CLIENT_ID: shop.id,
    API_KEY: fusionAuth.apiKey,
    LOGIN_ID: ann.email,
    PASSWORD: ann.password,
  }
  // What a reader writes between the quotes.
  for (const line of commandsOf('Your values')) {
    const [, name = ''] = /^export ([A-Z_]+)='[^']+'$/.exec(line) ?? []
    const value = values[name]
    if (value === undefined) throw new Error(`nobody knows what to write here: ${line}`)
    shellEnv[name] = value
    ran.add(line)
  }
}, 60_000)
afterAll(async () => {
  start?.kill()
  await Promise.all([stopFusionAuth(), copy.remove()])
})

/** The text below a heading of the page. */
function section(heading: string): string {
  const found = textOf(PAGE)
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`))
  if (found === undefined) throw new Error(`the page has no ${heading}`)
  return found
}

function commandsOf(heading: string): string[] {
  return readmeBlocks('sh', section(heading)).flatMap((block) => block.trim().split('\n'))
}

/** Runs a line in the copy, on the port of the copy. What it exports is there for the next one. */
async function shell(line: string): Promise<{ code: number | null; out: string }> {
  ran.add(line)
  const exported = /^export ([A-Z_]+)=/.exec(line)?.[1]
  const script = exported ? `${line}; printf %s "$${exported}"` : line
  const child = spawn('sh', ['-c', script.replaceAll('localhost:8787', `localhost:${port}`)], {
    cwd: copy.folder,
    env: {
      ...process.env,
      ...shellEnv,
      PORT: String(port),
      NO_COLOR: '1',
      WRANGLER_SEND_METRICS: 'false',
      PATH: `${copy.folder}/node_modules/.bin:${process.env.PATH}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (exported) shellEnv[exported] = out
  return { code, out }
}

/** The status that stands behind a line of the page, and the one that it got. */
async function statusOf(line: string): Promise<{ told: number; got: number }> {
  const told = Number(/ # (\d{3})$/.exec(line)?.[1])
  const { out } = await shell(line)
  return { told, got: Number(/^HTTP\/1\.1 (\d{3})/m.exec(out)?.[1]) }
}

/** The one block of this language, which goes into the file that the sentence above it names. */
function fileBlock(language: string, place: string): string {
  const at = section('Your files')
  const [block = '', ...others] = readmeBlocks(language, at)
  expect(others).toEqual([])
  const sentence = at.split(`\n\n\`\`\`${language}\n`)[0]?.split('\n').at(-1)
  expect(sentence).toContain(place)
  return block
}

/** As FusionAuth does with what has happened: the events that the page switches on, to the address it gives. */
async function deliverEvents(): Promise<number[]> {
  const text = section('Cut off a token')
  const [address = ''] = text.match(/http:\/\/localhost:8787[^`]+/) ?? []
  const [, list = ''] = /^3\. \*Events\*: (.+?)\. /m.exec(text) ?? []
  const switchedOn = list.split(', ')
  const url = address.replace('8787', String(port))
  const wanted = fusionAuth.events.filter(({ type }) => switchedOn.includes(`\`${type}\``))
  const sent = wanted.map(async (event) => fetch(await delivery(fusionAuth, event, url)))
  return (await Promise.all(sent)).map(({ status }) => status)
}

// In order: each is the next step of the same person.
describe('an owner with FusionAuth', () => {
  it('writes the files as the page says, and has them checked', SLOW, async () => {
    const names = fileBlock('ini', 'At the end of `.dev.vars.example`')
    await copy.write('.dev.vars.example', `${await copy.read('.dev.vars.example')}\n${names}`)
    const state = fileBlock('toml', 'At the end of `wrangler.toml`')
    await copy.write('wrangler.toml', `${await copy.read('wrangler.toml')}\n${state}`)
    await copy.write(
      'src/gateway.config.ts',
      fileBlock('ts', 'The whole of `src/gateway.config.ts`'),
    )
    const [cp = '', openssl = '', types = '', check = '', ...others] = commandsOf('Your files')
    expect(others).toEqual([])
    expect(await shell(cp)).toEqual({ code: 0, out: '' })
    const { out: operatorKey } = await shell(openssl)
    expect(await shell(types)).toMatchObject({ code: 0 })

    const values: Record<string, string> = { ...shellEnv, OPERATOR_KEY: operatorKey.trim() }
    const vars = await copy.read('.dev.vars')
    const filled = vars.replaceAll(/^([A-Z_]+)=$/gm, (_, name: string) => `${name}=${values[name]}`)
    expect(Object.keys(parseEnv(filled))).toHaveLength(4)
    await copy.write('.dev.vars', filled)

    const { code, out } = await shell(check)
    expect(code, out).toBe(0)
    expect(fusionAuth.calls.jwks).toBeGreaterThan(0)
  })

  it('sees 401, signs a person in, and sees 200', SLOW, async () => {
    const [npm = '', anonymous = '', login = '', claims = '', orders = '', ...others] =
      commandsOf('Try it')
    expect({ npm, others }).toEqual({ npm: 'npm start', others: [] })
    ran.add(npm)
    start = npmStart(port, copy.folder)
    await start.printed('Ctrl-C stops everything.')
    expect(await statusOf(anonymous)).toEqual({ told: 401, got: 401 })
    await shell(login)
    expect(fusionAuth.calls.login).toBe(1)
    expect(await statusOf(claims)).toEqual({ told: 200, got: 200 })
    expect(await statusOf(orders)).toEqual({ told: 200, got: 200 })
  })

  it('finds in the token what the page shows of one', async () => {
    const [shape = ''] = readmeBlocks('json', section('What a token looks like'))
    const token = decodeJwt(String(shellEnv.TOKEN))
    expect(Object.keys(token)).toEqual(expect.arrayContaining(Object.keys(JSON.parse(shape))))
  })

  it('revokes what the person has, and the event makes the token useless', SLOW, async () => {
    const [user = '', revoke = '', refused = '', ...others] = commandsOf('Cut off a token')
    expect(others).toEqual([])
    await shell(user)
    expect(shellEnv.USER_ID).toBe(fusionAuth.world.users.ann.id)
    expect(await statusOf(revoke)).toEqual({ told: 200, got: 200 })
    expect(await statusOf(refused)).toEqual({ told: 401, got: 200 })
    expect(await deliverEvents()).toEqual([204])
    await expect.poll(() => statusOf(refused), REFUSED_WITHIN).toEqual({ told: 401, got: 401 })
  })

  it('sees what a deployment would be, with every secret that the files name', SLOW, async () => {
    const commands = commandsOf('Go live')
    const deploys = commands.filter((line) => line.startsWith('npx wrangler deploy'))
    expect(deploys).toHaveLength(2)
    for (const line of deploys) {
      const { code, out } = await shell(`${line} --dry-run`)
      expect(code, out).toBe(0)
      ran.add(line)
    }
    // These need an account.
    const secrets = commands.filter((line) => line.startsWith('npx wrangler secret put '))
    for (const line of secrets) ran.add(line)
    const named = parseEnv(await copy.read('.dev.vars.example'))
    expect(new Set(secrets.map((line) => line.split(' ').at(-1)))).toEqual(
      new Set(Object.keys(named)),
    )
  })

  it('has run every command of the page', () => {
    const known = new Set([...ran].map((line) => line.replace(/\s+#.*$/, '')))
    expect(commandsIn(PAGE).filter((line) => !known.has(line))).toEqual([])
  })
})
