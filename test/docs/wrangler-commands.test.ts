// Every command of wrangler in the pages is one that the pinned version has, with these options.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { callsIn, commandsIn, PAGES } from './pages.ts'

const run = promisify(execFile)

const calls = PAGES.flatMap((page) => commandsIn(page).flatMap(callsIn)).filter((call) =>
  call.startsWith('npx wrangler '),
)

/** `secret put NAME -c file` is `secret put`. A name in small letters is taken for a part of the command. */
function commandOf(call: string): string {
  const words = call.replace('npx wrangler ', '').split(' ')
  const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
  return (end === -1 ? words : words.slice(0, end)).join(' ')
}

const byCommand = Map.groupBy(new Set(calls), commandOf)

describe.each([...byCommand])('wrangler %s', (command, lines) => {
  it('is there, with the options that the pages give it', async () => {
    const { stdout } = await run('node_modules/.bin/wrangler', [...command.split(' '), '--help'], {
      env: { ...process.env, NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false' },
    })
    const names = [command, command.replace(/ [a-z]+$/, ' <')]
    expect(names.filter((name) => stdout.includes(`wrangler ${name}`))).not.toEqual([])
    const flags = lines.flatMap((line) => line.match(/(?<= )--?[a-z][a-z-]*/g) ?? [])
    expect(flags.filter((flag) => !stdout.includes(flag))).toEqual([])
  })
})
