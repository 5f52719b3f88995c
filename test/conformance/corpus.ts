// Reads a corpus of tokens and key sets that others wrote, and says what a gateway that verifies
// asymmetric access tokens alone has to answer. Knows rules over token and world, never single cases.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface CorpusCase {
  suite: string
  id: string
  token: string
  /** The id of a {@link World}. */
  world: string
  expect: 'accept' | 'reject'
  why: string
  /** Unix seconds at which the verdict holds; absent: now. */
  now?: number
}

/** A verifier configuration; null: the source did not check it. */
export interface World {
  id: string
  iss: string | null
  aud: string | string[] | null
  jwks?: { keys: Record<string, unknown>[] }
  /** The body as it was, where it is no JSON. */
  jwks_text?: string
}

export interface JwksDocument {
  id: string
  document: string
  foreign_status: string
  /** A token for this document, with its verdict. */
  probe?: Omit<CorpusCase, 'world'>
}

export interface Corpus {
  cases: CorpusCase[]
  worlds: Map<string, World>
  documents: JwksDocument[]
}

/** A token as far as it can be read. */
export interface Shape {
  /** In characters. */
  length: number
  parts: number
  header: Record<string, unknown> | undefined
  claims: Record<string, unknown> | undefined
}

const DEFAULT_FOLDER = fileURLToPath(new URL('../../../shared/corpus', import.meta.url).href)

/** The folder to read: GATEHOUSE_CORPUS, or the default where it exists. */
export function corpusFolder(): string | undefined {
  return process.env.GATEHOUSE_CORPUS || (existsSync(DEFAULT_FOLDER) ? DEFAULT_FOLDER : undefined)
}

/** Reads the three files of a folder; without one, a corpus of nothing. */
export function readCorpus(folder: string | undefined): Corpus {
  if (folder === undefined) return { cases: [], worlds: new Map(), documents: [] }
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const lines = (name: string) => read(name).split('\n').filter(Boolean).map(parse)
  const worlds = JSON.parse(read('worlds.json')) as World[]
  return {
    cases: lines('cases.jsonl') as CorpusCase[],
    worlds: new Map(worlds.map((world) => [world.id, world])),
    documents: lines('jwks-documents.jsonl') as JwksDocument[],
  }
}

export function shapeOf(token: string): Shape {
  const parts = token.split('.')
  return {
    length: token.length,
    parts: parts.length,
    header: readPart(parts[0]),
    claims: readPart(parts[1]),
  }
}

/**
 * Why a token that its source accepts is still refused here. Each rule is a decision of this gateway,
 * so a token that a rule names must be refused.
 */
export const STRICTER: Record<string, (shape: Shape, world: World) => boolean> = {
  // Only the compact serialisation of a signed token is a bearer token (RFC 7519 section 3).
  'it is no compact JWS': ({ parts }) => parts !== 3,
  'its payload is no set of claims': ({ claims }) => claims === undefined,
  // A key set that is published can hold no secret.
  'it is signed with a shared secret': ({ header }) => String(header?.alg).startsWith('HS'),
  'it has no issuer': ({ claims }) => typeof claims?.iss !== 'string',
  'it has no audience': ({ claims }) => claims?.aud === undefined,
  'it never expires': ({ claims }) => claims?.exp === undefined,
  // Longer ones are an option of the owner's, which the corpus does not set.
  'it has more than 8,192 characters': ({ length }) => length > 8_192,
  // RFC 7518 section 3.3 asks for 2,048 bits or more; beyond 8,192 a key only costs time.
  'the RSA keys that could have signed it have fewer than 2,048 bits or more than 8,192': (
    { header },
    { jwks },
  ) => {
    const isMeant = ({ kid }: Record<string, unknown>) =>
      header?.kid === undefined || kid === header.kid
    const sizes = (jwks?.keys ?? [])
      .filter(isMeant)
      .flatMap(({ kty, n }) => (kty === 'RSA' && typeof n === 'string' ? [bitsOf(n)] : []))
    const isRsa = /^[RP]S\d{3}$/.test(String(header?.alg))
    return isRsa && sizes.length > 0 && sizes.every((bits) => bits < 2_048 || bits > 8_192)
  },
  // RFC 7517 sections 4.2 and 4.3: a key says what it is for.
  'the key with its kid is not for signatures': ({ header }, { jwks }) => {
    const keys = jwks?.keys.filter(({ kid }) => kid === header?.kid) ?? []
    return keys.length > 0 && keys.every(({ use }) => use !== undefined && use !== 'sig')
  },
}

/** What the gateway has to answer, and by which rule where it is stricter than the source. */
export function expected(
  { expect, token }: Pick<CorpusCase, 'expect' | 'token'>,
  world: World,
): { verdict: 'accept' | 'reject'; rule?: string } {
  if (expect === 'reject') return { verdict: 'reject' }
  const shape = shapeOf(token)
  const rule = Object.keys(STRICTER).find((name) => STRICTER[name]?.(shape, world))
  return rule === undefined ? { verdict: 'accept' } : { verdict: 'reject', rule }
}

/** Of a modulus in base64url. */
function bitsOf(modulus: string): number {
  const hex = Buffer.from(modulus, 'base64url').toString('hex').replace(/^0+/, '')
  return hex === '' ? 0 : BigInt(`0x${hex}`).toString(2).length
}

function readPart(part = ''): Record<string, unknown> | undefined {
  try {
    const value = parse(Buffer.from(part, 'base64url').toString())
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isRecord ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function parse(text: string): unknown {
  return JSON.parse(text)
}
