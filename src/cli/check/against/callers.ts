/** Who sends the probe requests: nobody, and holders of every kind of credential that either file could know. */

import type { ClaimValue } from '../../../auth/authorize.ts'
import { issueKey } from '../../../auth/key/issue.ts'
import { nameOfKey, writeStoredKey } from '../../../auth/key/stored-key.ts'
import type { LinkOptions } from '../../../auth/link/options.ts'
import { signLink } from '../../../auth/link/sign.ts'
import type { Compiled } from '../../../config/compile.ts'
import type { GatewayConfig } from '../../../config/define.ts'
import type { ProbeIssuer } from './issuer.ts'

export interface Caller {
  readonly name: string
  /** Whether it is sent to every path with every method, or once to each route. */
  readonly isEverywhere: boolean
  /** Adds what the caller shows; the URL may become another. */
  show(url: string, headers: Headers): string | Promise<string>
}

/** What both files ask callers for. */
export interface Rights {
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly claims: ReadonlyMap<string, readonly ClaimValue[]>
}

export function rightsIn(files: readonly Compiled[]): Rights {
  const policies = files.flatMap(({ routes }) => routes.map(({ policy }) => policy))
  const needs = policies.flatMap((policy) => [policy, ...policy.alternatives])
  const claims = Map.groupBy(
    needs.flatMap((need) => need.claims),
    ({ claim }) => claim,
  )
  return {
    scopes: [...new Set(needs.flatMap(({ scopes }) => scopes.names))],
    roles: [...new Set(needs.flatMap(({ roles }) => roles))],
    claims: new Map(
      [...claims].map(([name, all]) => [name, [...new Set(all.flatMap(({ values }) => values))]]),
    ),
  }
}

export interface Probing {
  readonly files: readonly GatewayConfig[]
  readonly rights: Rights
  /** Text that stands in one file alone: names of places, keys, hosts. */
  readonly words: ReadonlySet<string>
  readonly numbers: ReadonlySet<number>
  readonly issuer: ProbeIssuer
  /** The KV namespace of the probes. */
  readonly kept: Map<string, string>
  /** Unix seconds. */
  readonly now: number
}

const NOBODY: Caller = { name: 'nobody', isEverywhere: true, show: (url) => url }

export async function callersFor(probing: Probing): Promise<Caller[]> {
  const [ofTokens, ofKeys] = [await tokens(probing), await keys(probing)]
  return [NOBODY, ...ofTokens, ...ofKeys, ...both(ofTokens, ofKeys), ...links(probing)]
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

/** A name of a header, and of most cookies. */
const NAME = /^[a-z0-9!#$&'*+.^_|~-]+$/i

/** Tokens of each issuer for each audience: with all rights, with one less, and each odd in one way. */
async function tokens({ files, rights, words, numbers, issuer, now }: Probing): Promise<Caller[]> {
  const entries = files
    .flatMap(({ schemes }) => Object.values(schemes))
    .flatMap(({ oauth }) => oauth ?? [])
  const issuers = [...new Set(entries.flatMap(({ issuer: one, issuers: all = [one] }) => all))]
  const audiences = [...new Set(entries.flatMap(({ audiences: all = [] }) => all))]
  const firstOf = (iss: string) =>
    entries.find(({ issuer: one, issuers: all = [one] }) => all.includes(iss))?.audiences?.[0]
  const callers: Caller[] = []
  const add = (name: string, token: string, isEverywhere = false) =>
    callers.push({ name, isEverywhere, show: (url, headers) => bear(url, headers, token) })
  const { scopes, roles, claims } = rights
  for (const iss of issuers) {
    for (const aud of audiences.length > 0 ? audiences : ['none']) {
      const own = { iss, aud, azp: aud, client_id: aud, applicationId: aud, token_use: 'access' }
      const named = (what: string) => `a token of ${iss} for ${aud}${what}`
      const mint = (more: object = {}, header = {}) =>
        issuer.mint({ ...own, ...everything(rights, words), ...more }, header)
      const whole = await mint()
      add(named(''), whole, true)
      // What an entry asks beyond its audience, it asks for each of them.
      if (audiences.length > 0 && aud !== (firstOf(iss) ?? audiences[0])) continue
      for (const word of words) {
        if (!NAME.test(word)) continue
        const inHeader: Caller['show'] = (url, headers) => set(url, headers, word, whole)
        const inCookie: Caller['show'] = (url, headers) =>
          set(url, headers, 'cookie', `${word}=${whole}`)
        callers.push({ name: named(` in the header ${word}`), isEverywhere: false, show: inHeader })
        callers.push({ name: named(` in the cookie ${word}`), isEverywhere: false, show: inCookie })
        for (const site of ['cross-site', 'same-origin']) {
          const fromPage: Caller['show'] = (url, headers) =>
            set(inHeader(url, headers) as string, headers, 'sec-fetch-site', site)
          callers.push({
            name: named(` in the header ${word}, ${site}`),
            isEverywhere: false,
            show: fromPage,
          })
        }
        add(named(` with the kid ${word}`), await mint({}, { kid: word }))
        add(
          named(` with rights in ${word} alone`),
          await mint({ scope: '', roles: [], [word]: [...scopes, ...roles] }),
        )
        add(named(` with the audience ${word} beside it`), await mint({ aud: word, [word]: aud }))
      }
      add(named(' without rights'), await issuer.mint(own))
      const less = (what: Partial<Rights>) =>
        issuer.mint({ ...own, ...everything({ ...rights, ...what }, words) })
      for (const one of scopes) {
        add(
          named(` without the scope ${one}`),
          await less({ scopes: scopes.filter((name) => name !== one) }),
        )
        add(
          named(` with the scope ${one} alone`),
          await less({ scopes: [one], roles: [], claims: new Map() }),
        )
        add(named(` with no scope but ${one}`), await less({ scopes: [one] }))
      }
      for (const one of roles) {
        add(
          named(` without the role ${one}`),
          await less({ roles: roles.filter((name) => name !== one) }),
        )
        add(named(` with no role but ${one}`), await less({ roles: [one] }))
        add(
          named(` with the role ${one} alone`),
          await less({ roles: [one], scopes: [], claims: new Map() }),
        )
      }
      for (const [claim, values] of claims) {
        add(
          named(` without ${claim}`),
          await less({ claims: new Map([...claims].filter(([name]) => name !== claim)) }),
        )
        for (const value of values) {
          add(named(` with ${claim} ${value}`), await mint({ [claim]: value }))
        }
      }
      for (const location of ['scp', 'permissions']) {
        add(
          named(` with scopes in ${location} alone`),
          await mint({ scope: undefined, [location]: scopes }),
        )
      }
      add(named(' with roles in groups alone'), await mint({ roles: undefined, groups: roles }))
      for (const seconds of [...numbers, 30].filter((number) => number <= 3_600)) {
        for (const off of [seconds - 1, seconds]) {
          add(named(` that ended ${off} s ago`), await mint({ exp: now - off }))
          add(named(` that begins in ${off} s`), await mint({ nbf: now + off }))
        }
      }
      for (const alg of issuer.algorithms) add(named(` with ${alg}`), await mint({}, { alg }))
      for (const length of [8_192, ...numbers].filter((one) => one > 2_000 && one < 20_000)) {
        // In base64url, and with the other claims beside it.
        for (const filler of [length * 0.75 - 900, length * 0.75]) {
          const token = await mint({ filler: 'x'.repeat(filler) })
          add(named(` of ${token.length} characters`), token)
        }
      }
    }
  }
  if (issuers.length > 0) add('an opaque token', 'opaque-token')
  return callers
}

/** What a token with these rights says, wherever an entry may look for it. */
function everything({ scopes, roles, claims }: Rights, words: ReadonlySet<string>) {
  const anywhere = [...words].filter((word) => !RESERVED.has(word))
  return {
    ...Object.fromEntries(anywhere.map((word) => [word, [...scopes, ...roles, word]])),
    email: 'ada@probe.example',
    name: 'Ada',
    scope: scopes.join(' '),
    roles,
    ...Object.fromEntries([...claims].map(([name, [value]]) => [name, value])),
  }
}

const RESERVED = new Set([
  'iss',
  'aud',
  'sub',
  'exp',
  'nbf',
  'iat',
  'cnf',
  'events',
  'azp',
  'client_id',
  'scope',
  'scp',
  'roles',
])

function bear(url: string, headers: Headers, token: string): string {
  return set(url, headers, 'authorization', `Bearer ${token}`)
}

function set(url: string, headers: Headers, name: string, value: string): string {
  headers.set(name, value)
  return url
}

/** API keys: they lie in the namespace that every entry is given. */
async function keys({ files, rights, words, kept, now }: Probing): Promise<Caller[]> {
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
      const show: Caller['show'] = (url, headers) => set(url, headers, header, text)
      callers.push({
        name: `an API key in ${header}${name}`,
        isEverywhere: name === '' && header === 'x-api-key',
        show,
      })
    }
  }
  return callers
}

/** Links as each of the two files would have them signed. */
function links({ files, numbers, now }: Probing): Caller[] {
  const all = files.flatMap(({ schemes }) =>
    Object.entries(schemes).flatMap(([name, scheme]) =>
      'links' in scheme ? [{ name, options: scheme.links as LinkOptions }] : [],
    ),
  )
  return all.flatMap(({ name, options }, index) =>
    [0, ...numbers]
      .filter((age) => age < 100_000)
      .flatMap((age) =>
        [false, true].map(
          (isPrefix): Caller => ({
            name: `a link of schemes.${name} (${index + 1}), ${age} s old${isPrefix ? ', to a prefix' : ''}`,
            isEverywhere: false,
            async show(url, headers) {
              const { from } = options
              const request = {
                now: now - age,
                prefix: isPrefix,
                user: options.bind?.user ? 'ada' : undefined,
              }
              const signed = await signLink(url, options, request).catch(() => undefined)
              if (!signed) return url
              if (!from || 'query' in from) return signed.url
              return set(url, headers, from.header, signed.token)
            },
          }),
        ),
      ),
  )
}
