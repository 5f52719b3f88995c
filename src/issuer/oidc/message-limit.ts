/** Messages that a visitor may cause: each costs the owner, and the one who gets it. */

import type { Context } from 'oidc-provider/lib/provider.js'
import type { IssuerEnv } from '../config.ts'
import { visitorsOf } from '../storage/issuer-storage.ts'
import { addressLimits, addressOf, networkOf } from './network.ts'
import { unavailable } from './unavailable.ts'

/** From one address in 15 minutes. */
const MAX_MESSAGES = 5
const WINDOW_SECONDS = 900

/** Counts one; answers the seconds to wait where there were too many, else 0. */
export async function reserveMessage(ctx: Context, env: IssuerEnv): Promise<number> {
  const address = addressOf(ctx)
  const limits = addressLimits('message', address, MAX_MESSAGES, WINDOW_SECONDS)
  return unavailable(visitorsOf(env, networkOf(address)).reserve(limits))
}
