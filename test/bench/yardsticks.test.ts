/** The contenders that the benchmark's goals are measured against are our own code, so they stay as they are. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const FROZEN = {
  'jose.ts': '461cea2e29747dd72e4fbb1151c214b38d24e65998d5881595cfb565a629e9c3',
  'jose-cached.ts': '3effa63a44d693e4e733ecca39ca378ba1e4039daa184b5d15d86d6ac39b3e1d',
}

describe('yardsticks of the benchmark', () => {
  it.each(Object.entries(FROZEN))('%s is byte for byte what it was', (name, sha256) => {
    const file = fileURLToPath(new URL(`../../bench/contenders/${name}`, import.meta.url).href)
    expect(
      createHash('sha256').update(readFileSync(file)).digest('hex'),
      `bench/contenders/${name} has changed. A goal of the benchmark is a ratio to it: if it gets ` +
        'slower the goal is reached without any work, and earlier figures mean something else. ' +
        'Undo the change. If it is wrong, correct it in a commit of its own, measure both versions ' +
        'and say so in bench/README.md; then pin the new hash here.',
    ).toBe(sha256)
  })
})
