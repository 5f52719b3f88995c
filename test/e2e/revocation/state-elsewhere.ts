// The shipped state Worker in a process of its own, with the object that keeps marks.

export { Marks } from '../../../src/state/index.ts'
export { default, State } from '../sessions/state-elsewhere.ts'
