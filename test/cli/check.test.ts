// `npm run check` on an owner's file, with the variables that the owner has set: run as the owner
// runs it, in a folder of its own.

import { execFile } from 'node:child_process'
import { appendFile, copyFile, cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/cli/check/report.ts'
import { runTools, toolsFor } from '../../src/cli/check/tools.ts'
import { UNSET } from '../../src/options/schemas.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url).href)
const PROBLEM = 'problem  '

const SOUND = {
  ISSUER: 'https://idp.test',
  CLIENT_ID: 'gatehouse',
  ORIGIN: 'https://origin.test',
}
const UNSOUND = { ISSUER: 'http://s3cr3t.test', ORIGIN: 'ftp://s3cr3t.test' }

interface Options {
  variables?: Record<string, string>
  /** In place of the shipped one. */
  file?: string
  /** The file of a first commit, in a checkout of git. Default: there is none. */
  committed?: string
  args?: string[]
  /** More lines for wrangler.toml. */
  bindings?: string
}

/** Runs the quick check in a copy of the owner's files; exit code, and what it printed without colours. */
async function check({ variables, file, committed, args = [], bindings = '' }: Options) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-check-'))
  try {
    await cp(join(ROOT, 'src'), join(folder, 'src'), { recursive: true })
    for (const name of ['wrangler.toml', 'package.json']) {
      await copyFile(join(ROOT, name), join(folder, name))
    }
    await appendFile(join(folder, 'wrangler.toml'), bindings)
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    if (committed !== undefined) await commit(folder, committed)
    if (file !== undefined) await writeFile(join(folder, 'src/gateway.config.ts'), file)
    if (variables) {
      const lines = Object.entries(variables).map(([name, value]) => `${name}="${value}"\n`)
      await writeFile(join(folder, '.dev.vars'), lines.join(''))
    }
    return await run(folder, args)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function commit(cwd: string, file: string): Promise<void> {
  await writeFile(join(cwd, 'src/gateway.config.ts'), file)
  const identity = ['-c', 'user.name=check', '-c', 'user.email=check@localhost']
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', 'src/gateway.config.ts'],
    [...identity, 'commit', '--quiet', '--no-verify', '-m', 'first'],
  ]) {
    await promisify(execFile)('git', args, { cwd })
  }
}

function run(cwd: string, args: string[]) {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  }
  return new Promise<{ code: unknown; out: string; err: string; problems: string[] }>((resolve) => {
    const command = [join(cwd, 'src/cli/check.ts'), '--quick', ...args]
    execFile(process.execPath, command, { cwd, env }, (error, out, err) => {
      const lines = err.split('\n').filter((line) => line.startsWith(PROBLEM))
      const problems = lines.map((line) => line.slice(PROBLEM.length))
      resolve({ code: error?.code ?? 0, out, err, problems })
    })
  })
}

describe('npm run check', () => {
  it('finds the shipped file sound once its secrets are set', async () => {
    const { code, out, problems } = await check({ variables: SOUND })
    expect(problems).toEqual([])
    expect(out).toContain('gateway.config.ts is sound: 2 routes\n')
    expect(out).toContain('\n0 problems, 0 warnings\n')
    expect(code).toBe(0)
  })

  it('takes values of local development where there is no .dev.vars, and says so', async () => {
    const { code, out } = await check({})
    expect(out).toContain(
      'sound: 2 routes, checked with values of local development: there is no .dev.vars\n',
    )
    expect(code).toBe(0)
  })

  it('fails with every problem at once, and with no value of a secret', async () => {
    const { code, out, problems } = await check({ variables: UNSOUND })
    expect(problems).toEqual([
      "routes[1] (/*).to: must start with https://, for example 'https://orders.acme.example'",
      `schemes.main.audience: ${UNSET}, for example audience: 'orders-api'`,
    ])
    expect(out).not.toContain('sound')
    expect(out).not.toContain('s3cr3t')
    expect(out).toContain('\n2 problems, 0 warnings\n')
    expect(code).toBe(1)
  })

  it.each([
    [
      'throws',
      "import { defineGateway } from './config/define.ts'\n\nexport default defineGateway(() => {\n  throw new Error('no region')\n})\n",
      'throws in line 4: Error: no region. Correct it there; the function in defineGateway must only return the config',
    ],
    [
      'imports what is not there',
      "import { acme } from './auth/presets/acme.ts'\n\nexport default () => acme()\n",
      /^gateway\.config\.ts: throws: Error: Cannot find module .*Correct the path in the import: presets are in '\.\/auth\/presets\/'$/,
    ],
    [
      'has no default export',
      "import { defineGateway } from './config/define.ts'\n\nexport const config = defineGateway(() => ({}) as never)\n",
      'has no default export. Write export default defineGateway((env: Env): GatewayConfig => ({ schemes: { … }, routes: [ … ] }))',
    ],
  ])('says of a file that %s what to do', async (_, file, message) => {
    const { code, problems } = await check({ variables: SOUND, file })
    expect(problems).toEqual([
      typeof message === 'string'
        ? `gateway.config.ts: ${message}`
        : expect.stringMatching(message),
    ])
    expect(code).toBe(1)
  })

  it('refuses an environment that wrangler.toml does not have', async () => {
    const { code, err } = await check({ args: ['--env', 'staging'] })
    expect(err).toContain('check: wrangler.toml has no [env.staging]. Add [env.staging]\n')
    expect(code).toBe(1)
  })
})

const fileWith = (route: string) => `import { oidc } from './auth/presets/oidc.ts'
import { defineGateway, type GatewayConfig } from './config/define.ts'

export default defineGateway((env: Env): GatewayConfig => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
  routes: [{ path: '/orders/*', to: 'https://orders.acme.internal'${route} }],
}))
`

describe('npm run check -- --json', () => {
  it('is one object with what was found and the routes, for a program', async () => {
    const { code, out, err } = await check({
      variables: SOUND,
      file: fileWith(", scopes: ['orders:read']"),
      args: ['--json'],
    })
    expect([code, err]).toEqual([0, ''])
    const { problems, warnings, findings, routes } = JSON.parse(out) as {
      problems: number
      warnings: number
      findings: Finding[]
      routes: unknown[]
    }
    expect([problems, warnings]).toEqual([0, 0])
    expect(findings[0]).toEqual({ verdict: 'ok', text: 'gateway.config.ts is sound: 1 route' })
    expect(routes).toEqual([
      expect.objectContaining({ path: '/orders/*', who: expect.stringContaining('orders:read') }),
    ])
  })

  it('has the problems, and the exit code says that there are some', async () => {
    const { code, out } = await check({ variables: UNSOUND, args: ['--json'] })
    const { problems, findings, routes } = JSON.parse(out) as {
      problems: number
      findings: Finding[]
      routes: unknown[]
    }
    const told = findings.filter(({ verdict }) => verdict === 'problem')
    expect([code, problems, told.length, routes]).toEqual([1, 2, 2, []])
    expect(out).not.toContain('s3cr3t')
  })
})

describe('npm run check -- --against', () => {
  it('needs no other Worker to run, and is held up by no limit', { timeout: 60_000 }, async () => {
    const bindings = `
[[services]]
binding = "STATE"
service = "gatehouse-state"
entrypoint = "State"
[[services]]
binding = "ORDERS"
service = "orders"
`
    const withAuth = (auth: string) => `
import { oidc } from './auth/presets/oidc.ts'
import { defineGateway } from './config/define.ts'
import { limit } from './edge/limit/limit.ts'

export default defineGateway((env: Record<string, any>) => ({
  schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
  routes: [{
    path: '/*', auth: '${auth}', to: env.ORDERS,
    limit: limit({ by: 'address', requests: 1, perSeconds: 60, state: env.STATE }),
  }],
}))
`
    const { code, out } = await check({
      variables: SOUND,
      committed: withAuth('main'),
      file: withAuth('public'),
      bindings,
      args: ['--against', 'HEAD', '--json'],
    })
    expect(code).toBe(0)
    const { differences } = JSON.parse(out) as { differences: { before: string; after: string }[] }
    expect(differences).toContainEqual(
      expect.objectContaining({ before: '401 credential_missing' }),
    )
    expect(out).not.toContain('rate_limited')
  })

  const [before, now] = [fileWith(", scopes: ['orders:read']"), fileWith('')]

  it.each(['HEAD', 'main'])('compares with the file of %s', async (reference) => {
    const args = ['--against', reference, '--json']
    const { code, out } = await check({ variables: SOUND, committed: before, file: now, args })
    const { differences } = JSON.parse(out) as { differences: Record<string, string>[] }
    expect(code).toBe(0)
    expect(differences.length).toBeGreaterThan(0)
    expect(differences.map(({ before: then }) => then).join()).toContain('insufficient_scope')
  })

  it('says that nothing is judged otherwise where nothing has changed', async () => {
    const options = { variables: SOUND, committed: before, args: ['--against', 'HEAD'] }
    const { code, out } = await check(options)
    expect(out).toMatch(/^No request is judged otherwise, of \d+ that were tried\.\n$/)
    expect(code).toBe(0)
  })

  it.each(['no-such-branch', '--output=stolen'])(
    'says that %s is no reference, and runs none as an option',
    async (reference) => {
      const args = [`--against=${reference}`]
      const { code, err } = await check({ variables: SOUND, committed: before, args })
      expect(err).toContain('check: --against must name a commit or branch of git, or a file: ')
      expect(code).toBe(1)
    },
  )
})

describe('the other tools', () => {
  it('all run, whatever the others say, and each is a line', async () => {
    const found: Finding[] = []
    const node = (script: string): [string, ...string[]] => [process.execPath, '-e', script]
    await runTools(
      [
        { name: 'bad', command: node("console.log('line 3 is wrong'); process.exit(2)") },
        {
          name: 'stale',
          command: node("console.error('Types are out of date'); process.exit(1)"),
          advice: { sign: /out of date/, text: 'Run: npm run types' },
        },
        { name: 'good', command: node('') },
        { name: 'loud', command: node("console.error('[WARNING] old')") },
        { name: 'absent', command: ['no-such-tool-here'] },
      ],
      (finding) => found.push(finding),
    )
    const byText = (a: Finding, b: Finding) => a.text.localeCompare(b.text)
    expect(found.toSorted(byText)).toEqual([
      { verdict: 'problem', text: 'absent:\nspawn no-such-tool-here ENOENT' },
      { verdict: 'problem', text: 'bad:\nline 3 is wrong' },
      { verdict: 'ok', text: 'good' },
      { verdict: 'warning', text: 'loud:\n[WARNING] old' },
      { verdict: 'problem', text: 'Run: npm run types' },
    ])
  })

  it('are those of this project', () => {
    const commands = toolsFor('staging').map(({ command }) => command.join(' '))
    expect(commands).toEqual([
      'npm run --silent types -- --check',
      'tsc',
      'biome check --error-on-warnings',
      'wrangler deploy --dry-run --env staging',
      'wrangler deploy --dry-run -c src/issuer/wrangler.toml',
      'wrangler deploy --dry-run -c src/state/wrangler.toml',
    ])
  })
})
