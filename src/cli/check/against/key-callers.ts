/** Holders of API keys, which lie in the namespace that every entry is given. */

import { issueKey } from '../../../auth/key/issue.ts'
import { nameOfKey, writeStoredKey } from '../../../auth/key/stored-key.ts'
import { type Caller, inHeader, NAME, type Probing } from './caller.ts'

export async function keyCallers({ files, rights, words, kept, now }: Probing): Promise<Caller[]> {
  const isAsked = files.some(({ schemes }) =>
    Object.values(schemes).some((scheme) => !scheme.oauth && !('links' in scheme)),
  )
  if (!isAsked) return []
  const { scopes, roles } = rights
  const kinds: [name: string, scopes: readonly string[], roles: readonly string[]][] = [
    ['', scopes, roles],
    [' without rights', [], []],
    ...scopes.map((one): (typeof kinds)[number] => [
      ` without the scope ${one}`,
      scopes.filter((name) => name !== one),
      roles,
    ]),
    ...roles.map((one): (typeof kinds)[number] => [
      ` without the role ${one}`,
      scopes,
      roles.filter((name) => name !== one),
    ]),
  ]
  const callers: Caller[] = []
  for (const [name, ofScopes, ofRoles] of kinds) {
    const { text, stored } = await issueKey(
      { owner: 'probe', scopes: [...ofScopes], roles: [...ofRoles] },
      now,
    )
    kept.set(await nameOfKey(stored.id), writeStoredKey(stored))
    for (const header of ['x-api-key', ...words].filter((word) => NAME.test(word))) {
      callers.push({
        name: `an API key in ${header}${name}`,
        isEverywhere: name === '' && header === 'x-api-key',
        show: inHeader(header, text),
      })
    }
  }
  return callers
}
