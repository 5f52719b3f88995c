// The authorization server's storage with the demo's people and applications already in it.

import {
  IssuerStorage as EmptyStorage,
  loginOf,
  personOf,
  type StorageEnv,
} from '../../issuer/storage/issuer-storage.ts'
import { placeOfPerson } from '../../issuer/storage/places.ts'
import { ADA, ALL_SCOPES, BROWSER_APP, GATEWAY_APP, SERVICE } from './world.ts'

export class IssuerStorage extends EmptyStorage {
  constructor(ctx: DurableObjectState, env: StorageEnv) {
    super(ctx, env)
    // Of all the objects, the directory is the one that everybody meets.
    const isDirectory = ctx.id.equals(env.ISSUER_STORAGE.idFromName('issuer'))
    if (isDirectory) void ctx.blockConcurrencyWhile(() => this.#seed())
  }

  async #seed(): Promise<void> {
    const { directory } = this
    if (directory.listClients().length > 0) return
    await this.#addAda()
    await directory.addClient({
      id: SERVICE.id,
      secret: SERVICE.secret,
      kind: 'service',
      name: 'Demo service',
      scope: ALL_SCOPES,
      roles: [...SERVICE.roles],
    })
    await directory.addClient({
      id: BROWSER_APP.id,
      kind: 'public',
      name: 'Demo browser application',
      redirectUris: [...BROWSER_APP.redirectUris],
    })
    const { ISSUER: url } = this.env as StorageEnv & { ISSUER: string }
    await directory.addClient({
      id: GATEWAY_APP.id,
      secret: GATEWAY_APP.secret,
      kind: 'web',
      name: 'Demo gateway',
      firstParty: true,
      redirectUris: [url + GATEWAY_APP.callback],
      postLogoutRedirectUris: [url + GATEWAY_APP.afterLogout],
    })
  }

  async #addAda(): Promise<void> {
    const { login, password, name, email } = ADA
    const id = crypto.randomUUID()
    const createdAt = Math.floor(Date.now() / 1000)
    const info = { id, login, name, email, roles: [...ADA.roles], disabled: false, createdAt }
    await loginOf(this.env, login).claim(login, id, password)
    const person = personOf(this.env, placeOfPerson(id) ?? '')
    await person.adopt({ info, passkeys: [], artifacts: [], used: {} })
    this.directory.putPerson(info)
  }
}
