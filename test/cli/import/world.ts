// An imported file as a running gateway, with an issuer for each entry that takes tokens and a key for each caller.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { issueKey } from '../../../src/auth/key/issue.ts'
import { nameOfKey, writeStoredKey } from '../../../src/auth/key/stored-key.ts'
import type { Define, GatewayConfig } from '../../../src/config/define.ts'
import { createGateway } from '../../../src/gateway.ts'
import { createMemoryStore, ORIGIN, START } from '../../support/gateway.ts'
import { createTestIssuer, type TestIssuer } from '../../support/mint.ts'

export interface World {
  readonly config: GatewayConfig
  readonly problems: readonly string[]
  send(method: string, path: string, headers: Headers): Promise<number>
  /** A token for an entry with these scopes and roles. */
  token(entry: string, scopes: readonly string[], roles: readonly string[]): Promise<string>
  /** A key with these roles. */
  key(roles: readonly string[]): Promise<string>
}

/** What the text of an owner's file exports. */
export async function evaluate(text: string): Promise<Define<Record<string, unknown>>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'))
  try {
    const file = join(folder, 'gateway.config.ts')
    writeFileSync(file, text.replaceAll("from './", `from '${pathToFileURL('src/').href}`))
    const { default: define } = (await import(pathToFileURL(file).href)) as {
      default: Define<Record<string, unknown>>
    }
    return define
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function runImported(text: string): Promise<World> {
  const store = createMemoryStore()
  const now = () => START
  const get = (known: Record<string, unknown>, name: string | symbol) => {
    const slug = String(name).toLowerCase().replaceAll('_', '-')
    return (
      Reflect.get(known, name) ?? (/ISSUER$/.test(String(name)) ? `https://${slug}.test` : slug)
    )
  }
  const config = (await evaluate(text))(new Proxy({ STORE: store }, { get }))

  const issuers = new Map<string, TestIssuer>()
  const keys = new Map<string, string>()
  for (const [name, { oauth }] of Object.entries(config.schemes)) {
    if (!oauth) continue
    const audience = [...(oauth.audiences ?? [])]
    issuers.set(
      name,
      await createTestIssuer({ issuer: oauth.issuer, audience, now, algs: ['ES256'] }),
    )
  }
  async function fetch(request: Request): Promise<Response> {
    if (request.url.startsWith(ORIGIN)) return new Response('from the origin')
    const issuer = [...issuers.values()].find((one) => one.answers(new URL(request.url)))
    if (!issuer) throw new Error(`unexpected call to ${request.url}`)
    return issuer.fetch(request)
  }
  const gateway = createGateway(config, { fetch, now, log: () => {} })

  return {
    config,
    problems: gateway.problems,
    async send(method, path, headers) {
      const request = new Request(`https://api.test${path}`, { method, headers })
      const response = await gateway.fetch(request, { waitUntil: () => {} })
      return response.status
    },
    async token(entry, scopes, roles) {
      const issuer = issuers.get(entry)
      if (!issuer) throw new Error(`${entry} takes no tokens`)
      return issuer.mint({ scope: scopes.join(' '), roles: [...roles] })
    },
    async key(roles) {
      // One for each, for a gateway asks only for so many unknown keys in a second of its clock, which stands still.
      const known = keys.get(roles.join())
      if (known !== undefined) return known
      const issued = await issueKey({ owner: 'acme', scopes: [], roles: [...roles] }, START)
      store.entries.set(await nameOfKey(issued.stored.id), writeStoredKey(issued.stored))
      keys.set(roles.join(), issued.text)
      return issued.text
    },
  }
}
