/** Who sends the probe requests: nobody, and holders of every kind of credential that either file could know. */

import type { Caller, Probing } from './caller.ts'
import { keyCallers } from './key-callers.ts'
import { linkCallers } from './link-callers.ts'
import { tokenCallers } from './token-callers.ts'

const NOBODY: Caller = { name: 'nobody', isEverywhere: true, show: (url) => url }

export async function callersFor(probing: Probing): Promise<Caller[]> {
  const [ofTokens, ofKeys] = [await tokenCallers(probing), await keyCallers(probing)]
  return [NOBODY, ...ofTokens, ...ofKeys, ...both(ofTokens, ofKeys), ...linkCallers(probing)]
}

/** For routes that want every one of several schemes. */
function both(tokens: readonly Caller[], keys: readonly Caller[]): Caller[] {
  const whole = (callers: readonly Caller[]) => callers.filter(({ isEverywhere }) => isEverywhere)
  return whole(tokens).flatMap((token) =>
    whole(keys).map((key) => ({
      name: `${token.name} and ${key.name}`,
      isEverywhere: false,
      show: async (url, headers) => key.show(await token.show(url, headers), headers),
    })),
  )
}
