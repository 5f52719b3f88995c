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

/** Texts of sessions and of the OAuth client that they bring, and of what FusionAuth's SDKs need beside them. */
const SESSIONS = ['gatehouse-session-1', 'oauth4webapi', 'backchannel-logout']
const APP = 'app.at_exp'

describe('sessions', () => {
  it('are not in a bundle that does not import them', async () => {
    const bundle = await bundleWorker({ entry: 'src/index.ts' })
    expect([...SESSIONS, APP].filter((mark) => bundle.includes(mark))).toEqual([])
  })

  it('bring an OAuth client, and not the paths of FusionAuth', async () => {
    const bundle = await bundleWorker({ script: "export * from './src/session/sessions.ts'" })
    expect([...SESSIONS, APP].filter((mark) => bundle.includes(mark))).toEqual(SESSIONS)
  })
})
