// A feature that the owner's file does not import is not in the Worker that is deployed.

import { describe, expect, it } from 'vitest'
import { bundleWorker } from '../support/worker-bundle.ts'

/** Texts of signed links: what verifies has the first, and what makes links has the second. */
const VERIFIES = 'gatehouse-link-1'
const MAKES = 'A prefix has 1 to 99 segments'

describe('signed links', () => {
  it('are not in a bundle that does not import them', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect([VERIFIES, MAKES].filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('bring what verifies, and not what makes them', async () => {
    const script = "export * from './src/auth/link/signed-links.ts'"
    const bundle = await bundleWorker({ script })
    expect([VERIFIES, MAKES].filter((mark) => bundle.includes(mark))).toEqual([VERIFIES])
  })
})

describe('stored answers', () => {
  /** Of the cache, and of the library that knows what may be stored. */
  const MARKS = ['gatehouse-cache-1', 'Invalid serialization']

  it('are not in a bundle that does not import them', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect(MARKS.filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('come with the library that knows what may be stored', async () => {
    const bundle = await bundleWorker({ script: "export * from './src/edge/cache/cached.ts'" })
    expect(MARKS.filter((mark) => bundle.includes(mark))).toEqual(MARKS)
  })
})
