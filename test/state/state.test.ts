/** The shipped state Worker, called as a gateway calls it: from another Worker, through a service binding. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestHarness } from 'wrangler'
import { type Granted, STATE_CONTRACT } from '../../src/options/state-contract.ts'
import type { Answer, Question } from './caller.ts'

/** Of one key at once: src/state/proofs.ts, which needs the Workers runtime. */
const MAX_PROOFS = 100_000

type Harness = ReturnType<typeof createTestHarness>

const STATE_WORKER = 'gatehouse-state'
const NOW = STATE_CONTRACT
const compatibility_date = '2026-11-01'
let harness: Harness

beforeAll(async () => {
  harness = createTestHarness({
    workers: [
      {
        config: {
          name: 'caller',
          main: './test/state/caller.ts',
          compatibility_date,
          services: [
            { binding: 'STATE', service: STATE_WORKER, entrypoint: 'State' },
            { binding: 'NO_ENTRYPOINT', service: STATE_WORKER },
            { binding: 'NEXT', service: 'later', entrypoint: 'NextState' },
            { binding: 'AFTER_NEXT', service: 'later', entrypoint: 'StateAfterNext' },
            { binding: 'LIMITS', service: 'later-limits', entrypoint: 'Objects' },
            { binding: 'PROOFS', service: 'later-proofs', entrypoint: 'Objects' },
            { binding: 'FAILING', service: 'failing-sessions', entrypoint: 'State' },
          ],
        },
      },
      { configPath: './src/state/wrangler.toml' },
      {
        config: {
          name: 'later',
          main: './test/state/later-state.ts',
          compatibility_date,
          exports: {
            Numbers: { type: 'durable-object', storage: 'sqlite' },
            Proofs: { type: 'durable-object', storage: 'sqlite' },
          },
        },
      },
      {
        config: {
          name: 'later-limits',
          main: './test/state/later-limits.ts',
          compatibility_date,
          exports: { LaterLimits: { type: 'durable-object', storage: 'sqlite' } },
        },
      },
      {
        config: {
          name: 'later-proofs',
          main: './test/state/later-proofs.ts',
          compatibility_date,
          exports: { LaterProofs: { type: 'durable-object', storage: 'sqlite' } },
        },
      },
      {
        config: {
          name: 'failing-sessions',
          main: './test/state/failing-sessions.ts',
          compatibility_date,
          exports: {
            Session: { type: 'durable-object', storage: 'sqlite' },
            SessionIndex: { type: 'durable-object', storage: 'sqlite' },
          },
        },
      },
    ],
  })
  await harness.listen()
})

afterAll(() => harness.close())

async function ask(question: Question): Promise<Answer[]> {
  const init = { method: 'POST', body: JSON.stringify(question) }
  const response = await harness.getWorker('caller').fetch('http://caller/', init)
  return (await response.json()) as Answer[]
}

/** Takes a number as a gateway that speaks this version. */
function take(name: string, contract: unknown = NOW, binding = 'STATE') {
  return ask({ binding, operation: 'takeNumber', args: [contract, name] })
}

describe('a logout at the issuer', () => {
  it('can be told again, and ends what it could not end before, where an object failed', async () => {
    const [time, until] = [1_000, 9_000]
    const call = (operation: string, ...args: unknown[]) =>
      ask({ binding: 'FAILING', operation, args: [NOW, ...args] })
    for (const name of ['fails-once', 'ends']) {
      await call('createSession', name, time, { sealed: name, idleSeconds: 600, endsAt: until })
      await call('indexSession', 'ada', time, name, until)
    }
    const logout = ['endSessionsOf', 'ada', time, 'jti-1', until] as const
    expect(await call(...logout)).toEqual([{ error: 'Error: the object does not answer' }])
    expect(await call(...logout)).toEqual([{ result: 2 }])
    for (const name of ['fails-once', 'ends']) {
      expect(await call('readSession', name, time)).toEqual([{}])
    }
    expect(await call(...logout)).toEqual([{}])
  })
})

describe('a cut', () => {
  const call = (binding: string, operation: string, ...args: unknown[]) =>
    ask({ binding, operation, args: [NOW, ...args] })
  const begin = async (binding: string, index: string, name: string, time: number) => {
    await call(binding, 'createSession', name, time, {
      sealed: name,
      idleSeconds: 600,
      endsAt: 9_000,
    })
    await call(binding, 'indexSession', index, time, name, 9_000)
  }

  it('ends the sessions that were begun until its moment, and no later one', async () => {
    for (const time of [999, 1_000, 1_001]) await begin('STATE', 'cut', `cut-${time}`, time)
    expect(await call('STATE', 'endSessionsBefore', 'cut', 1_100, 1_000)).toEqual([{ result: 2 }])
    for (const time of [999, 1_000]) {
      expect(await call('STATE', 'readSession', `cut-${time}`, 1_100)).toEqual([{}])
    }
    expect(await call('STATE', 'readSession', 'cut-1001', 1_100)).toMatchObject([
      { result: { sealed: 'cut-1001' } },
    ])
    expect(await call('STATE', 'endSessionsBefore', 'cut', 1_100, 1_000)).toEqual([{ result: 0 }])
    expect(await call('STATE', 'endSessionsBefore', 'cut', 1_100, 1_001)).toEqual([{ result: 1 }])
  })

  it('can be made again, and ends what it could not end before, where an object failed', async () => {
    for (const name of ['fails-once-too', 'ends-too']) await begin('FAILING', 'cut', name, 1_000)
    const cut = ['FAILING', 'endSessionsBefore', 'cut', 1_100, 1_000] as const
    expect(await call(...cut)).toEqual([{ error: 'Error: the object does not answer' }])
    expect(await call(...cut)).toEqual([{ result: 2 }])
    for (const name of ['fails-once-too', 'ends-too']) {
      expect(await call('FAILING', 'readSession', name, 1_100)).toEqual([{}])
    }
  })
})

describe('numbers', () => {
  it('begin with 1 under each name', async () => {
    expect(await take('ada')).toEqual([{ result: 1 }])
    expect(await take('ada')).toEqual([{ result: 2 }])
    expect(await take('bob')).toEqual([{ result: 1 }])
  })

  it('are taken once each by a hundred who ask at once', async () => {
    const question: Question = {
      binding: 'STATE',
      operation: 'takeNumber',
      args: [NOW, 'hundred'],
      times: 25,
    }
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask(question)))
    const taken = answers.flat().map((answer) => ('result' in answer ? answer.result : answer))
    expect(taken.sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    )
  })

  it('go on where they were when the object has left memory', async () => {
    expect(await take('evicted')).toEqual([{ result: 1 }])
    await harness.getWorker(STATE_WORKER).evictDurableObject('Numbers', { name: 'evicted' })
    expect(await take('evicted')).toEqual([{ result: 2 }])
  })
})

describe('proofs', () => {
  const KEY = 'k'.repeat(43)
  const proofOf = (text: string) => text.padEnd(43, '-')
  const takeProof = (key: unknown, proof: unknown, seconds: unknown = 120, times = 1) =>
    ask({
      binding: 'STATE',
      operation: 'takeProof',
      args: [NOW, key, proof, seconds],
      times,
    })

  it('are new once under each key', async () => {
    expect(await takeProof(KEY, proofOf('a'))).toEqual([{ result: true }])
    expect(await takeProof(KEY, proofOf('a'))).toEqual([{ result: false }])
    expect(await takeProof(KEY, proofOf('b'))).toEqual([{ result: true }])
    expect(await takeProof('o'.repeat(43), proofOf('a'))).toEqual([{ result: true }])
  })

  it('are new to one of a hundred who bring the same at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => takeProof(KEY, proofOf('hundred'), 120, 25)),
    )
    const results = answers.flat().map((answer) => ('result' in answer ? answer.result : answer))
    expect(results.filter(Boolean)).toEqual([true])
    expect(results).toHaveLength(100)
  })

  it('are remembered when the object has left memory', async () => {
    expect(await takeProof(KEY, proofOf('evicted'))).toEqual([{ result: true }])
    await harness.getWorker(STATE_WORKER).evictDurableObject('Proofs', { name: KEY })
    expect(await takeProof(KEY, proofOf('evicted'))).toEqual([{ result: false }])
  })

  it.each([
    ['a key that is no thumbprint', 'x', proofOf('a'), 60],
    ['a proof that is no hash', KEY, 'x', 60],
    ['a proof that is a number', KEY, 1, 60],
    ['no time', KEY, proofOf('a'), 0],
    ['too much time', KEY, proofOf('a'), 3_601],
    ['a time that is a text', KEY, proofOf('a'), 'x'],
  ])('are not taken with %s', async (_what, key, proof, seconds) => {
    expect(await takeProof(key, proof, seconds)).toEqual([
      {
        error:
          'TypeError: A proof is taken by the thumbprint of its key, its hash, and whole seconds.',
      },
    ])
  })

  it('are taken of gateways alone whose version is served', async () => {
    const [answer] = await ask({
      binding: 'STATE',
      operation: 'takeProof',
      args: [NOW + 1, KEY, proofOf('ahead'), 60],
    })
    expect(answer).toMatchObject({ error: expect.stringContaining('Deploy state') as string })
    expect(await takeProof(KEY, proofOf('ahead'))).toEqual([{ result: true }])
  })

  const object = async (operation: string, ...args: unknown[]) => {
    const [answer] = await ask({ binding: 'PROOFS', operation, args })
    return answer && 'result' in answer ? answer.result : answer
  }

  it('are forgotten when they are over and not before, and then the object is empty', async () => {
    expect(await object('take', 'ada', 'short', 100)).toBe(true)
    expect(await object('take', 'ada', 'long', 300)).toBe(true)
    expect(await object('later', 'ada', 99)).toEqual({ tables: 1, rows: 2, isSet: true })
    expect(await object('take', 'ada', 'short', 100)).toBe(false)
    expect(await object('later', 'ada', 2)).toEqual({ tables: 1, rows: 1, isSet: true })
    expect(await object('take', 'ada', 'long', 300)).toBe(false)
    expect(await object('later', 'ada', 200)).toEqual({ tables: 0, rows: 0, isSet: false })
    expect(await object('take', 'ada', 'long', 300)).toBe(true)
    expect(await object('later', 'ada', 0)).toEqual({ tables: 1, rows: 1, isSet: true })
  })

  it('have a limit for each key, at which none is taken and none is new', async () => {
    expect(await object('take', 'full', 'first', 600)).toBe(true)
    await object('fill', 'full', MAX_PROOFS - 1)
    await object('later', 'full', 0)
    expect(await object('take', 'full', 'second', 600)).toEqual({
      error: `RangeError: the key has ${MAX_PROOFS} proofs at once`,
    })
    expect(await object('take', 'other', 'second', 600)).toBe(true)
  })
})

describe('a limit', () => {
  const question = { requests: 3, periodMs: 86_400_000, enough: 1, want: 1 }
  const takeRequest = (key: string, times = 1) =>
    ask({
      binding: 'STATE',
      operation: 'takeRequests',
      args: [NOW, 'shard', { ...question, key }],
      times,
    })
  const granted = (answers: Answer[]) =>
    answers.map((answer) => ('result' in answer ? (answer.result as Granted).granted : answer))

  it('grants as many as it says, each key for itself, to whoever asks at once', async () => {
    expect(granted(await takeRequest('a', 5))).toEqual([1, 1, 1, 0, 0])
    expect(granted(await takeRequest('b'))).toEqual([1])
  })

  it('forgets nothing when the object has left memory', async () => {
    expect(granted(await takeRequest('c', 2))).toEqual([1, 1])
    await harness.getWorker(STATE_WORKER).evictDurableObject('Limits', { name: 'shard' })
    expect(granted(await takeRequest('c', 2))).toEqual([1, 0])
  })

  const object = async (operation: string, ...args: unknown[]) => {
    const [answer] = await ask({ binding: 'LIMITS', operation, args })
    return answer && 'result' in answer ? answer.result : answer
  }

  it('is swept when it was to be, however often the object leaves memory until then', async () => {
    await object('take', 'a', 3_000)
    const at = await object('sweepsAt')
    expect(at).toEqual(expect.any(Number))
    await harness.getWorker('later-limits').evictDurableObject('LaterLimits', { name: 'one' })
    await object('take', 'b', 300_000)
    expect(await object('sweepsAt')).toBe(at)
  })

  it('is forgotten when it is whole again, and not before', async () => {
    expect(await object('later', 60_000)).toEqual(['b'])
    expect(await object('sweepsAt')).toEqual(expect.any(Number))
    expect(await object('later', 300_000)).toEqual([])
    expect(await object('sweepsAt')).toBeNull()
  })
})

describe('the contract', () => {
  it('is served in its newest version and the one before, and says so', async () => {
    const serves = (binding: string) => ask({ binding, operation: 'serves' })
    expect(await serves('STATE')).toEqual([{ result: expect.arrayContaining([NOW]) }])
    expect(await serves('NEXT')).toEqual([{ result: [NOW + 1, NOW] }])
  })

  it('lets a gateway go on that is one version behind', async () => {
    expect(await take('behind', NOW, 'NEXT')).toEqual([{ result: 1 }])
  })

  it('refuses a gateway that is two versions behind, and says to deploy the gateway', async () => {
    expect(await take('far-behind', NOW, 'AFTER_NEXT')).toEqual([
      {
        error:
          `RangeError: gatehouse-state serves ${NOW + 2} and ${NOW + 1} of its contract, the gateway speaks ${NOW}. ` +
          'Deploy the gateway: npx wrangler deploy',
      },
    ])
  })

  it('refuses a gateway that is ahead, and says to deploy state', async () => {
    expect(await take('ahead', NOW + 2, 'NEXT')).toEqual([
      {
        error:
          `RangeError: gatehouse-state serves ${NOW + 1} and ${NOW} of its contract, the gateway speaks ${NOW + 2}. ` +
          'Deploy state: npx wrangler deploy -c src/state/wrangler.toml',
      },
    ])
  })

  it.each([
    ['nothing', null],
    ['a text', '1'],
    ['a part', 0.5],
    ['a list', [1]],
  ])('refuses a call that names %s in place of a version', async (_what, contract) => {
    expect(await take('unnamed', contract)).toEqual([
      { error: 'TypeError: A call of gatehouse-state names the version of its contract first.' },
    ])
  })

  it('lets nobody take anything who was refused', async () => {
    await take('untouched', NOW + 1)
    await take('untouched', 0)
    await take('untouched', null)
    expect(await take('untouched')).toEqual([{ result: 1 }])
  })
})

describe('the Worker', () => {
  it('answers 404 and nothing else to a request', async () => {
    const response = await harness.getWorker(STATE_WORKER).fetch('http://state/')
    expect({ status: response.status, body: await response.text() }).toEqual({
      status: 404,
      body: '',
    })
  })

  it('has no operation for a binding that does not name the entrypoint', async () => {
    expect(await take('ada', NOW, 'NO_ENTRYPOINT')).toEqual([
      { error: expect.stringContaining('does not implement the method "takeNumber"') },
    ])
  })
})
