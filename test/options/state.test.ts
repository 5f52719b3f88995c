import { env } from 'cloudflare:workers'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { options as optionsSchema } from '../../src/options/options.ts'
import { type Problem, reportIssues } from '../../src/options/schemas.ts'
import { type StateBinding, stateBinding, stateOf } from '../../src/options/state.ts'
import { STATE_CONTRACT } from '../../src/options/state-contract.ts'
import type { State } from '../../src/state/index.ts'

/** The options of a feature that keeps state. */
const options = v.strictObject({ requests: v.number(), state: stateBinding })

function problemsOf(value: object): Problem[] {
  const problems: Problem[] = []
  const { issues = [] } = v.safeParse(options, value)
  const report = (path: string, text: string) => problems.push(`${path}: ${text}`)
  reportIssues(issues, 'routes[0].limit', { report })
  return problems
}

describe('the option state', () => {
  it('says the same among options that are checked all at once', () => {
    const schema = optionsSchema({ state: stateBinding }, { example: '{ state: env.STATE }' })
    for (const value of [{}, { state: undefined }]) {
      const [issue, ...others] = v.safeParse(schema, value).issues ?? []
      expect(others).toEqual([])
      expect(issue?.message).toMatch(/^is not bound\. Run /)
    }
  })

  it.each([
    ['is undefined', { requests: 1, state: undefined }],
    ['is left out', { requests: 1 }],
  ])('names both steps that lead to a binding where it %s', (_what, value) => {
    expect(problemsOf(value)).toEqual([
      'routes[0].limit.state: is not bound. Run "npx wrangler deploy -c src/state/wrangler.toml", then uncomment STATE in wrangler.toml',
    ])
  })

  it.each([['gatehouse-state'], [true], [null], [{}], [{ fetch: 'https://state.example' }]])(
    'names what it must be where it is %j, which is no binding',
    (state) => {
      expect(problemsOf({ requests: 1, state })).toEqual([
        'routes[0].limit.state: must be the service binding to gatehouse-state: state: env.STATE',
      ])
    },
  )

  it('has no problem with the binding, and leads through it to the state Worker', async () => {
    const { STATE } = env as unknown as { STATE: StateBinding }
    expect(problemsOf({ requests: 1, state: STATE })).toEqual([])
    expect(await stateOf(STATE).serves()).toContain(STATE_CONTRACT)
    expect(await stateOf(STATE).takeNumber(STATE_CONTRACT, 'ada')).toBe(1)
  })

  it('has the type that wrangler generates, whether or not it has read src/state', () => {
    expectTypeOf<Service>().toExtend<StateBinding>()
    expectTypeOf<Service<typeof State>>().toExtend<StateBinding>()
    expectTypeOf<undefined>().not.toExtend<StateBinding>()
  })
})
