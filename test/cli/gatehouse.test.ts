// The command of the package: finds its commands, and leaves the rest of the line to them.

import { execFile } from 'node:child_process'
import { describe, expect, it } from 'vitest'

function gatehouse(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli/gatehouse.ts', ...args], (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    )
  })
}

describe('gatehouse', () => {
  it('lists its commands', async () => {
    const { code, out } = await gatehouse('--help')
    const names = [...out.matchAll(/^ {2}([a-z-]+) +\S/gm)].map(([, name]) => name)
    expect({ code, names }).toEqual({
      code: 0,
      names: [
        ...['start', 'token', 'check', 'explain', 'import', 'api-key', 'sign-url', 'revoke'],
        ...['assertion-key', 'issuer'],
      ],
    })
  })

  it('runs one with the options that stand behind its name', async () => {
    const { code, out } = await gatehouse('assertion-key', '--alg', 'EdDSA')
    expect([code, JSON.parse(out)]).toMatchObject([0, { alg: 'EdDSA', use: 'sig' }])
  })

  it('says so where there is none of the name', async () => {
    const { code, err } = await gatehouse('constructor')
    expect(code).toBe(1)
    expect(err).toContain('there is no command "constructor"\n\nUsage: gatehouse <command>')
  })
})
