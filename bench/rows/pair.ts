/** The gateway and pass-through side by side, in front of the origin that takes and gives bytes. */

import type { Entrant } from '../contest.ts'
import type { World } from '../world.ts'
import { PASS } from './verify.ts'

export const GATEWAY = 'Gatehouse'

/** Pass-through first. */
export function pair(world: World): Entrant[] {
  return [large(world, PASS, 'pass-through.ts'), large(world, GATEWAY, 'gatehouse.ts')]
}

/** Any contender in front of that origin. */
export function large(
  world: World,
  name: string,
  entry: string,
  vars: Record<string, string> = {},
): Entrant {
  return { name, recipe: () => world.serve(entry, { origin: 'large', vars }) }
}
