// A feature that the owner's file does not import is not in the Worker that is deployed.

import { describe, expect, it } from 'vitest'
import { bundleWorker } from '../support/worker-bundle.ts'

/** Texts of signed links: what verifies has the first, and what makes links has the second. */
const VERIFIES = 'gatehouse-link-1'
const MAKES = 'A prefix has 1 to 99 segments'

/** Parts of routes: a text of each, and what brings it. */
const PARTS = {
  cors: ['access-control-expose-headers', './src/edge/cors.ts'],
  deprecated: ['rel="deprecation"', './src/edge/deprecation.ts'],
  limit: ['ratelimit-policy', './src/edge/limit/limit.ts'],
} as const

describe.each(Object.entries(PARTS))('%s', (_, [mark, file]) => {
  it('is not in a bundle that does not import it', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect(bundle).not.toContain(mark)
    expect(await bundleWorker({ script: `export * from '${file}'` })).toContain(mark)
  })
})

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
