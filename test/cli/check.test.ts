// `npm run check` on an owner's file, with the variables that the owner has set: run as the owner
// runs it, in a folder of its own.

import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url).href)
const CHECK = join(ROOT, 'src/cli/check.ts')
const PROBLEM = 'problem  '

const SOUND = {
  ISSUER: 'https://idp.test',
  CLIENT_ID: 'gatehouse',
  ORIGIN: 'https://origin.test',
}
const UNSOUND = { ISSUER: 'http://s3cr3t.test', ORIGIN: 'ftp://s3cr3t.test' }

/** Runs the check where these are the variables; exit code, and what it printed without colours. */
async function check(variables: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-check-'))
  try {
    await copyFile(join(ROOT, 'wrangler.toml'), join(folder, 'wrangler.toml'))
    const lines = Object.entries(variables).map(([name, value]) => `${name}="${value}"\n`)
    await writeFile(join(folder, '.dev.vars'), lines.join(''))
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function run(cwd: string): Promise<{ code: unknown; out: string; problems: string[] }> {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [CHECK], { cwd, env }, (error, out, err) => {
      const lines = err.split('\n').filter((line) => line.startsWith(PROBLEM))
      const problems = lines.map((line) => line.slice(PROBLEM.length))
      resolve({ code: error?.code ?? 0, out, problems })
    })
  })
}

describe.concurrent('npm run check', () => {
  it('finds the shipped file sound once its secrets are set', async () => {
    const { code, out, problems } = await check(SOUND)
    expect(problems).toEqual([])
    expect(out).toContain('gateway.config.ts is sound: 2 routes\n')
    expect(code).toBe(0)
  })

  it('fails with every problem at once, and with no value of a secret', async () => {
    const { code, out, problems } = await check(UNSOUND)
    expect(problems).toEqual([
      'routes[1].to: must be an https URL; plain http is for localhost alone',
      'schemes.main.audience: is missing; an unset secret, variable or binding arrives as undefined',
    ])
    expect(out).not.toContain('sound')
    expect(code).toBe(1)
  })
})
