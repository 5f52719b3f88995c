// The promises as a page. Text alone.

import { PROMISES, type Promised, type TestName } from './promises.ts'

/** The README of this folder. */
export function promiseTable(): string {
  return [
    '# Promises',
    '',
    'What Gatehouse promises, the tests that hold it to that, and the guard that each test was seen to fail',
    'without. `npm run promises` takes every guard out of a copy of the source and sees its test fail; with',
    'ids (`-- P12`) it tries some. This page is written from `promises.ts` by `npm run promises -- --write`.',
    '',
    'Beside these, `corpus.test.ts` runs the tokens of other projects (from the folder in GATEHOUSE_CORPUS),',
    '`wire.test.ts` sends requests byte by byte to workerd, `flood.test.ts` measures memory, and `../fuzz`',
    'looks for what nobody has thought of (VITE_FUZZ_RUNS=100000 for longer).',
    '',
    '| | promise | tests | fails without |',
    '|---|---|---|---|',
    ...PROMISES.map(row),
    '',
  ].join('\n')
}

function row({ id, promise, mutations, later }: Promised): string {
  const tests = [...new Set(mutations.map(({ test }) => describe(test)))]
  const guards = mutations.map(({ guard }) => guard)
  const rest = later === undefined ? [] : [`*later:* ${later}`]
  return `| ${[id, promise, [...tests, ...rest].join('<br>'), guards.join('<br>')].join(' | ')} |`
}

function describe({ file, name }: TestName): string {
  return `${file.replace(/^test\//, '')}: ${name}`
}
