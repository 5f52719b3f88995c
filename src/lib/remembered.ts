/** What is asked again and again about the same few texts. */

import { createBoundedMap } from './bounded-map.ts'

/** The same function, which works out its answer once for each of the last texts: at most 400, 20,000 characters. */
export function remembered<Answer extends boolean | string | readonly string[]>(
  decide: (text: string) => Answer,
): (text: string) => Answer {
  const known = createBoundedMap<Answer>({ maxEntries: 400, maxKeyLength: 20_000 })
  return (text) => {
    const answer = known.get(text)
    if (answer !== undefined) return answer
    const decided = decide(text)
    known.set(text, decided)
    return decided
  }
}
