/** Holders of tokens: with all rights, with one less, and each odd in one way. */

import { type Caller, inHeader, NAME, type Probing, type Rights } from './caller.ts'

/** Of each issuer for each audience. */
export async function tokenCallers(probing: Probing): Promise<Caller[]> {
  const entries = probing.files
    .flatMap(({ schemes }) => Object.values(schemes))
    .flatMap(({ oauth }) => oauth ?? [])
  const issuers = [...new Set(entries.flatMap(({ issuer, issuers: all = [issuer] }) => all))]
  const audiences = [...new Set(entries.flatMap(({ audiences: all = [] }) => all))]
  const firstOf = (iss: string) =>
    entries.find(({ issuer, issuers: all = [issuer] }) => all.includes(iss))?.audiences?.[0]
  const callers: Caller[] = []
  for (const iss of issuers) {
    for (const aud of audiences.length > 0 ? audiences : ['none']) {
      const mint = createMint(probing, iss, aud)
      callers.push({ ...mint.holder('', await mint.whole()), isEverywhere: true })
      // What an entry asks beyond its audience, it asks for each of them.
      if (audiences.length > 0 && aud !== (firstOf(iss) ?? audiences[0])) continue
      for (const word of probing.words) {
        if (NAME.test(word)) callers.push(...(await withWord(word, mint, probing)))
      }
      callers.push(
        ...(await withFewerRights(mint, probing)),
        ...(await withRightsElsewhere(mint, probing)),
        ...(await atItsEdges(mint, probing)),
      )
    }
  }
  if (issuers.length > 0) callers.push(holder('an opaque token', 'opaque-token'))
  return callers
}

/** Tokens of one issuer for one audience. */
interface Mint {
  readonly audience: string
  /** With all rights; `more` are further claims, or others. */
  whole(more?: object, header?: object): Promise<string>
  /** With all rights but for what is said otherwise. */
  rights(otherwise: Partial<Rights>): Promise<string>
  none(): Promise<string>
  /** How a caller with such a token is called. */
  named(what: string): string
  holder(what: string, token: string): Caller
}

function createMint({ issuer, rights, words }: Probing, iss: string, audience: string): Mint {
  const own = {
    iss,
    aud: audience,
    azp: audience,
    client_id: audience,
    applicationId: audience,
    token_use: 'access',
  }
  const named = (what: string) => `a token of ${iss} for ${audience}${what}`
  return {
    audience,
    whole: (more = {}, header = {}) =>
      issuer.mint({ ...own, ...everything(rights, words), ...more }, header),
    rights: (otherwise) =>
      issuer.mint({ ...own, ...everything({ ...rights, ...otherwise }, words) }),
    none: () => issuer.mint(own),
    named,
    holder: (what, token) => holder(named(what), token),
  }
}

function holder(name: string, token: string): Caller {
  return { name, isEverywhere: false, show: inHeader('authorization', `Bearer ${token}`) }
}

/** A word that stands in one file alone may be the name of a place, a key, a claim or an audience. */
async function withWord(word: string, mint: Mint, { rights }: Probing): Promise<Caller[]> {
  const whole = await mint.whole()
  const shown = (where: string, show: Caller['show']): Caller => ({
    name: mint.named(` in the ${where}`),
    isEverywhere: false,
    show,
  })
  const fromPage = (site: string): Caller['show'] => {
    const show = inHeader(word, whole)
    return (url, headers) => inHeader('sec-fetch-site', site)(show(url, headers), headers)
  }
  const everyRight = [...rights.scopes, ...rights.roles]
  return [
    shown(`header ${word}`, inHeader(word, whole)),
    shown(`cookie ${word}`, inHeader('cookie', `${word}=${whole}`)),
    ...['cross-site', 'same-origin'].map((site) =>
      shown(`header ${word}, ${site}`, fromPage(site)),
    ),
    mint.holder(` with the kid ${word}`, await mint.whole({}, { kid: word })),
    mint.holder(
      ` with rights in ${word} alone`,
      await mint.whole({ scope: '', roles: [], [word]: everyRight }),
    ),
    mint.holder(
      ` with the audience ${word} beside it`,
      await mint.whole({ aud: word, [word]: mint.audience }),
    ),
  ]
}

async function withFewerRights(mint: Mint, { rights }: Probing): Promise<Caller[]> {
  const { scopes, roles, claims } = rights
  const nothing: Rights = { scopes: [], roles: [], claims: new Map() }
  const callers = [mint.holder(' without rights', await mint.none())]
  const add = async (what: string, otherwise: Partial<Rights>) =>
    callers.push(mint.holder(what, await mint.rights(otherwise)))
  for (const one of scopes) {
    await add(` without the scope ${one}`, { scopes: scopes.filter((name) => name !== one) })
    await add(` with the scope ${one} alone`, { ...nothing, scopes: [one] })
    await add(` with no scope but ${one}`, { scopes: [one] })
  }
  for (const one of roles) {
    await add(` without the role ${one}`, { roles: roles.filter((name) => name !== one) })
    await add(` with no role but ${one}`, { roles: [one] })
    await add(` with the role ${one} alone`, { ...nothing, roles: [one] })
  }
  for (const [claim, values] of claims) {
    const others = new Map([...claims].filter(([name]) => name !== claim))
    await add(` without ${claim}`, { claims: others })
    for (const value of values) {
      callers.push(mint.holder(` with ${claim} ${value}`, await mint.whole({ [claim]: value })))
    }
  }
  return callers
}

async function withRightsElsewhere(mint: Mint, { rights }: Probing): Promise<Caller[]> {
  const { scopes, roles } = rights
  const callers: Caller[] = []
  for (const location of ['scp', 'permissions']) {
    const token = await mint.whole({ scope: undefined, [location]: scopes })
    callers.push(mint.holder(` with scopes in ${location} alone`, token))
  }
  const token = await mint.whole({ roles: undefined, groups: roles })
  return [...callers, mint.holder(' with roles in groups alone', token)]
}

/** Of other times, algorithms and lengths. */
async function atItsEdges(mint: Mint, { numbers, issuer, now }: Probing): Promise<Caller[]> {
  const callers: Caller[] = []
  for (const seconds of [...numbers, 30].filter((number) => number <= 3_600)) {
    for (const off of [seconds - 1, seconds]) {
      callers.push(
        mint.holder(` that ended ${off} s ago`, await mint.whole({ exp: now - off })),
        mint.holder(` that begins in ${off} s`, await mint.whole({ nbf: now + off })),
      )
    }
  }
  for (const alg of issuer.algorithms) {
    callers.push(mint.holder(` with ${alg}`, await mint.whole({}, { alg })))
  }
  for (const length of [8_192, ...numbers].filter((one) => one > 2_000 && one < 20_000)) {
    // In base64url, and with the other claims beside it.
    for (const filler of [length * 0.75 - 900, length * 0.75]) {
      const token = await mint.whole({ filler: 'x'.repeat(filler) })
      callers.push(mint.holder(` of ${token.length} characters`, token))
    }
  }
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
