// The recipes of docs/assertion.md, each run out of the page against a gateway on real sockets: code that
// knows the URL of the keys and its own name, and nothing else.

import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { explainKey } from '../../src/upstream/assertion/key.ts'
import { ASSERTION_KEY, EDWARDS_KEY } from '../support/assertion-keys.ts'
import { type SocketIssuer, startIssuer } from '../support/issuer.ts'
import { type Origin, startOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-http.ts'
import { readmeBlocks } from '../support/readme.ts'
import { startWorkerd, type Workerd } from '../support/workerd.ts'

const PAGE = readFileSync('docs/assertion.md', 'utf8')
const PYTHON = '/usr/bin/python3'
const run = promisify(execFile)

const SCRIPT = `
import { oidc } from './src/auth/presets/oidc.ts'
import { createGateway } from './src/gateway.ts'
import { assertion } from './src/upstream/assertion/assertion.ts'

const gateways = new Map()
function gatewayFor(env, behind) {
  const now = () => Math.floor(Date.now() / 1_000) - behind
  return createGateway({
    schemes: { main: oidc({ issuer: env.ISSUER, audience: 'gatehouse' }) },
    every: { assertion: assertion({ keys: [env.KEY, env.OTHER], audience: 'orders' }) },
    routes: [
      { path: '/open/*', to: env.ORIGIN, auth: 'public' },
      { path: '/elsewhere/*', to: env.ORIGIN, assertion: assertion({ keys: [env.KEY], audience: 'stock' }) },
      { path: '/edwards/*', to: env.ORIGIN, assertion: assertion({ keys: [env.OTHER], audience: 'orders' }) },
      { path: '/*', to: env.ORIGIN },
    ],
  }, { now })
}
export default {
  fetch(request, env, context) {
    const behind = Number(request.headers.get('behind') ?? 0)
    if (!gateways.has(behind)) gateways.set(behind, gatewayFor(env, behind))
    return gateways.get(behind).fetch(request, context)
  },
}`

let issuer: SocketIssuer
let origin: Origin
let gateway: Workerd
let jwksUrl: string

/** Assertions as the origin got them. */
const sent: Record<string, string> = {}

beforeAll(async () => {
  ;[issuer, origin] = await Promise.all([startIssuer({ algs: ['ES256'] }), startOrigin()])
  const vars = {
    ISSUER: issuer.issuer,
    ORIGIN: origin.url,
    KEY: ASSERTION_KEY,
    OTHER: EDWARDS_KEY,
  }
  gateway = await startWorkerd({ script: SCRIPT, vars })
  jwksUrl = `http://127.0.0.1:${gateway.port}/.well-known/gatehouse/jwks.json`
  const token = await issuer.mint()
  sent.good = await assertionAt('/', token)
  sent.edwards = await assertionAt('/edwards/1', token)
  sent.nobody = await assertionAt('/open/1')
  sent.ended = await assertionAt('/open/1', undefined, 120)
  sent.elsewhere = await assertionAt('/elsewhere/1', token)
  const [head, body = '', signature] = sent.good.split('.')
  const other = Buffer.from(body, 'base64url').toString().replace('user-1', 'user-2')
  sent.changed = [head, Buffer.from(other).toString('base64url'), signature].join('.')
  sent.unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
  sent.none = ''
})
afterAll(() => Promise.all([gateway.stop(), origin.stop(), issuer.stop()]))

async function assertionAt(target: string, token?: string, behind = 0): Promise<string> {
  origin.requests.length = 0
  const headers: [string, string][] = [
    ['Host', `127.0.0.1:${gateway.port}`],
    ['X-Auth-Assertion', 'forged'],
    ['behind', String(behind)],
  ]
  if (token !== undefined) headers.push(['Authorization', `Bearer ${token}`])
  const { status } = await rawRequest(gateway.port, { target, headers })
  expect(status).toBe(200)
  return assertionOf(origin)
}

function assertionOf({ requests }: Origin): string {
  const found = requests
    .at(-1)
    ?.headers.filter(([name]) => name.toLowerCase() === 'x-auth-assertion')
  expect(found).toHaveLength(1)
  return found?.[0]?.[1] ?? ''
}

const RUN_NODE = `
const { ASSERTIONS } = process.env
const results = {}
for (const [name, text] of Object.entries(JSON.parse(ASSERTIONS))) {
  try { results[name] = (await judge(text)).sub ?? 'nobody' } catch { results[name] = 'refused' }
}
console.log(JSON.stringify(results))
`

const RUN_PYTHON = `
import json
results = {}
for name, text in json.loads(os.environ["ASSERTIONS"]).items():
    try:
        results[name] = verify(text).get("sub", "nobody")
    except jwt.PyJWTError:
        results[name] = "refused"
print(json.dumps(results))
`

const EXPRESS = `
async function judge(text) {
  const request = { headers: { 'x-auth-assertion': text } }
  let isLet = false
  await throughGateway(request, { end() {} }, () => { isLet = true })
  if (!isLet) throw new Error('refused')
  return request.caller
}`

async function judged(command: string, args: string[], input: string): Promise<unknown> {
  const env = {
    ...process.env,
    JWKS_URL: jwksUrl,
    AUDIENCE: 'orders',
    ASSERTIONS: JSON.stringify(sent),
  }
  const child = run(command, args, { env, encoding: 'utf8' })
  child.child.stdin?.end(input)
  return JSON.parse((await child).stdout)
}

const VERDICTS = {
  good: 'user-1',
  edwards: 'user-1',
  nobody: 'nobody',
  ended: 'refused',
  elsewhere: 'refused',
  changed: 'refused',
  unsigned: 'refused',
  none: 'refused',
}
const NODE = ['--input-type=module', '-']

describe('an assertion, judged by a recipe of the page', () => {
  it('is taken and refused by Node without a library', async () => {
    const [recipe = ''] = readmeBlocks('js', PAGE)
    const input = `${recipe}\nconst judge = verify\n${RUN_NODE}`
    expect(await judged(process.execPath, NODE, input)).toEqual(VERDICTS)
  })

  it('is taken and refused by the middleware for Express', async () => {
    const recipe = readmeBlocks('js', PAGE)[1] ?? ''
    expect(await judged(process.execPath, NODE, recipe + EXPRESS + RUN_NODE)).toEqual(VERDICTS)
  })

  it('is taken and refused by a Worker', async () => {
    const script = readmeBlocks('js', PAGE)[2] ?? ''
    const vars = { JWKS_URL: jwksUrl, AUDIENCE: 'orders' }
    const worker = await startWorkerd({ script, vars })
    const results: Record<string, string> = {}
    for (const [name, text] of Object.entries(sent)) {
      const response = await fetch(worker.url, { headers: { 'x-auth-assertion': text } })
      const body = response.ok ? ((await response.json()) as { caller: string | null }) : undefined
      results[name] = body ? (body.caller ?? 'nobody') : 'refused'
    }
    await worker.stop()
    expect(results).toEqual(VERDICTS)
  })

  const hasPython = spawnSync(PYTHON, ['-c', 'import jwt, cryptography']).status === 0
  const python = 'is taken and refused by Python'
  if (hasPython) {
    it(python, async () => {
      const [recipe = ''] = readmeBlocks('python', PAGE)
      expect(await judged(PYTHON, ['-'], recipe + RUN_PYTHON)).toEqual(VERDICTS)
    })
    it('is read by a recipe for FastAPI that Python can parse', () => {
      const block = readmeBlocks('python', PAGE)[1] ?? ''
      expect(
        spawnSync(PYTHON, ['-c', `import ast; ast.parse(${JSON.stringify(block)})`]).status,
      ).toBe(0)
    })
  } else {
    it.skip(`${python} (skipped: Debian's python3-jwt and python3-cryptography are not installed)`)
  }

  it('is looked at for every recipe', () => {
    const counts = ['js', 'python', 'go'].map((language) => readmeBlocks(language, PAGE).length)
    expect(counts).toEqual([3, 2, 1])
  })
})

describe('an assertion', () => {
  it('goes with the request that opens a WebSocket', async () => {
    origin.requests.length = 0
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/socket`, {
      headers: { authorization: `Bearer ${await issuer.mint()}` },
    })
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
    socket.close()
    expect(assertionOf(origin).split('.')).toHaveLength(3)
  })
})

describe('npm run assertion-key', () => {
  it.each([[], ['--alg', 'EdDSA']])('prints a key that is taken, in one line: %s %s', (...args) => {
    const output = execFileSync(process.execPath, ['src/cli/assertion-key.ts', ...args], {
      encoding: 'utf8',
    })
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(explainKey(output.trim())).toBeUndefined()
    const { alg, kid } = JSON.parse(output) as { alg: string; kid: string }
    expect(alg).toBe(args[1] ?? 'ES256')
    expect(kid).toHaveLength(43)
  })

  it('says what it takes where it is asked for something else', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['src/cli/assertion-key.ts', '--alg', 'RS256'],
      { encoding: 'utf8' },
    )
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('--alg is ES256 or EdDSA')
  })
})
