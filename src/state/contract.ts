/**
 * Which gateways are served: those that speak the newest version of the contract (STATE_CONTRACT) or the
 * one before. State is deployed first, so the old gateway goes on working until the new one is there.
 * For that, an operation never changes: its successor gets a name of its own, and the old one stays for
 * one version more.
 */

/** The versions that a state Worker serves whose newest is this one, newest first. */
export function servedContracts(newest: number): number[] {
  return newest > 1 ? [newest, newest - 1] : [newest]
}

/**
 * Lets pass a caller whose version is served.
 * @throws TypeError where it names no version
 * @throws RangeError where the version is not served; it says which side to deploy
 */
export function assertServed(spoken: unknown, newest: number): asserts spoken is number {
  if (!Number.isSafeInteger(spoken)) {
    throw new TypeError('A call of gatehouse-state names the version of its contract first.')
  }
  const served = servedContracts(newest)
  if (served.includes(spoken as number)) return
  const command =
    (spoken as number) > newest
      ? 'Deploy state: npx wrangler deploy -c src/state/wrangler.toml'
      : 'Deploy the gateway: npx wrangler deploy'
  throw new RangeError(
    `gatehouse-state serves ${served.join(' and ')} of its contract, the gateway speaks ${spoken}. ${command}`,
  )
}
