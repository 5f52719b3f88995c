// Requests and answers of every kind: what is stored is never given to whom it may not go. cache-long.test.ts runs more.

import { describe, expect, it } from 'vitest'
import { fuzzCache } from './cache-fuzz.ts'

describe('a stored answer', () => {
  it('is given to nobody to whom it may not go, in 200 cases', async () => {
    const { given, ofOthers } = await fuzzCache(200)
    // Or there was nothing to judge.
    expect(given).toBeGreaterThan(100)
    expect(ofOthers).toBeGreaterThan(5)
  })
})
