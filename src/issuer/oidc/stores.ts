/** What oidc-provider's adapter stands on beside the objects. */

import type { Artifact } from '../storage/artifacts.ts'
import type { Place } from '../storage/places.ts'

/** What the library keeps of one thing. */
export type Payload = Record<string, unknown>

/** Clients, wherever they come from. */
export interface ClientStore {
  find(id: string): Promise<Payload | undefined>
  register(metadata: Payload): Promise<void>
  remove(id: string): Promise<void>
}

/** What belongs to nobody yet. */
export interface VisitorStore {
  /** True for the place of a network. */
  owns(place: Place): boolean
  /** Stores it there. Throws 503 where the visitor or the network has too much there. */
  keep(place: Place, artifact: Artifact): Promise<void>
  /** Leaves it, or where it is, with the browser. */
  remember(
    model: string,
    id: string,
    payload: Payload,
    home: Place | undefined,
    seconds: number,
  ): void
  /** What the browser has of it: all of it, or where it is. */
  recall(model: string, id: string): { payload?: Payload; place?: Place } | undefined
  forget(model: string, id: string): void
  /** Counts one attempt of this visitor at something. Throws 503 where there were too many. */
  admit(action: string, max: number): Promise<void>
}
