// The authorization server's storage with the demo's people and applications already in it.

import type { IssuerEnv } from '../../src/issuer/config.ts'
import { IssuerStorage as EmptyStorage } from '../../src/issuer/storage/issuer-storage.ts'
import { ADA, ALL_SCOPES, BROWSER_APP, SERVICE } from './world.ts'

export class IssuerStorage extends EmptyStorage {
  constructor(ctx: DurableObjectState, env: IssuerEnv) {
    super(ctx, env)
    void ctx.blockConcurrencyWhile(() => this.#seed())
  }

  async #seed(): Promise<void> {
    if (this.listClients().length > 0) return
    await this.addUser({ ...ADA, roles: [...ADA.roles] })
    await this.addClient({
      id: SERVICE.id,
      secret: SERVICE.secret,
      kind: 'service',
      name: 'Demo service',
      scope: ALL_SCOPES,
      roles: [...SERVICE.roles],
    })
    await this.addClient({
      id: BROWSER_APP.id,
      kind: 'public',
      name: 'Demo browser application',
      redirectUris: [...BROWSER_APP.redirectUris],
    })
  }
}
