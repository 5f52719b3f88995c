// Fails the whole run where a test, or a Worker inside of one, has written a credential to its console.

import type { Reporter } from 'vitest/node'
import { findSecret } from './log-secrets.ts'

export default class LogReporter implements Reporter {
  onUserConsoleLog({ content, taskId }: Parameters<NonNullable<Reporter['onUserConsoleLog']>>[0]) {
    const found = findSecret(content)
    if (found === undefined) return
    process.exitCode = 1
    process.stderr.write(`\nThe console of a test (${taskId}) has ${found}.\n`)
  }
}
