// As cache.test.ts, thousands of times: for CI.

import { describe, expect, it } from 'vitest'
import { fuzzCache } from './cache-fuzz.ts'
import { SHARES, WAYS } from './cache-world.ts'

describe('a stored answer', () => {
  it('is given to nobody to whom it may not go, in 6,000 cases', async () => {
    const { byRoute, ofOthers } = await fuzzCache(6_000)
    // Or there was nothing to judge.
    expect(ofOthers).toBeGreaterThan(200)
    for (const share of Object.keys(SHARES)) {
      for (const way of WAYS) expect(byRoute.get(`${share} ${way}`)).toBeGreaterThan(20)
    }
  })
})
