import { describe, expect, it } from 'vitest'
import { createScope } from '../../../src/lib/scope.ts'
import { createLedger, type News } from '../../../src/operate/revocation/ledger.ts'
import { EVERYBODY } from '../../../src/operate/revocation/marks.ts'

function createWorld(...answers: News['marks'][]) {
  const clock = { now: 1_000_000 }
  let version = 0
  const read = async () => ({ version: ++version, marks: answers.shift() ?? [] })
  const ledger = createLedger({ read, onOutage: 'refuse', now: () => clock.now })
  const scope = createScope({ waitUntil: () => {} })
  return { clock, marks: async () => Object.fromEntries(await ledger.marks(scope)) }
}

describe('the copy of the marks', () => {
  const until = 1_086_400

  it('has none that the mark for everybody covers, as the state Worker has none', async () => {
    const ada = { name: 'ada', before: 999_000, until }
    const { clock, marks } = createWorld(
      [ada, { ...ada, name: 'later', before: 999_900 }, { ...ada, name: 'bob' }],
      [{ name: EVERYBODY, before: 999_500, until }],
    )
    expect(await marks()).toEqual({ ada: 999_000, later: 999_900, bob: 999_000 })
    clock.now += 60
    expect(await marks()).toEqual({ [EVERYBODY]: 999_500, later: 999_900 })
  })

  it('is read again where the clock was set back', async () => {
    const { clock, marks } = createWorld([], [{ name: 'ada', before: 996_000, until }])
    expect(await marks()).toEqual({})
    clock.now -= 3_600
    expect(await marks()).toEqual({ ada: 996_000 })
    clock.now += 10
    expect(await marks()).toEqual({ ada: 996_000 })
  })
})
