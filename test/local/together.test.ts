// Two gateways that start at the same moment, as two people on one machine or two suites of tests start them.

import { afterEach, expect, it } from 'vitest'
import { type CheckoutCopy, copyCheckout } from '../support/checkout-copy.ts'
import { freePort, type NpmStart, npmStart } from './npm.ts'

let copy: CheckoutCopy
let starts: NpmStart[] = []
afterEach(async () => {
  for (const start of starts) start.kill()
  await copy.remove()
})

it('starts beside another that starts at the same moment', { timeout: 300_000 }, async () => {
  copy = await copyCheckout()
  const ports = await Promise.all([freePort(), freePort(), freePort()])
  starts = ports.map((port) => npmStart(port, copy.folder))
  await Promise.all(starts.map((start) => start.printed('Ctrl-C stops everything.')))
  const answers = ports.map(
    async (port) => (await fetch(`http://localhost:${port}/api/claims`)).status,
  )
  expect(await Promise.all(answers)).toEqual([401, 401, 401])
})
