/**
 * Where state is kept, as names. Each place is an object of its own: a person, a login, the clients'
 * shelf, a device that waits, a network of visitors. What belongs to a place has its name in front of
 * its id, so that nothing has to be looked up to find it.
 */

import { hash } from 'node:crypto'

/**
 * What kind of object a place is: a person, what a client was given, a device flow, whose an account at
 * another provider is, visitors.
 */
export type PlaceKind = 'person' | 'client' | 'device' | 'elsewhere' | 'visitors'

/** 23 characters: one for the kind, 22 for which one. */
export type Place = string

const LETTERS: Record<PlaceKind, string> = {
  person: 'u',
  client: 'c',
  device: 'd',
  elsewhere: 'e',
  visitors: 'v',
}
const KINDS = Object.fromEntries(
  Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as PlaceKind]),
)
const PLACE_LENGTH = 23
const RANDOM_LENGTH = 43
const ID = /^[cduv][\w-]{65}$/
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** The place of a person; undefined where the id is none of this server's. */
export function placeOfPerson(id: string): Place | undefined {
  if (!UUID.test(id)) return undefined
  return LETTERS.person + Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
}

/** The place that is named after something of the world: a client id, a user code, a network, an account. */
export function placeNamed(kind: Exclude<PlaceKind, 'person'>, name: string): Place {
  return LETTERS[kind] + shortHash(name)
}

export function kindOf(place: Place): PlaceKind {
  return KINDS[place.charAt(0)] ?? 'visitors'
}

/** The place in front of an id; undefined in ids of 43 characters, which know no place. */
export function placeIn(id: string): Place | undefined {
  return ID.test(id) ? id.slice(0, PLACE_LENGTH) : undefined
}

/** True for an id as this server made them while it kept everything in one object. */
export function isPlaceless(id: string): boolean {
  return id.length === RANDOM_LENGTH
}

/** The name of the object that holds the password of a login. */
export function loginObject(login: string): string {
  return `login:${shortHash(normalizeLogin(login))}`
}

/** One spelling per login: what two people could take for the same name is the same name. */
export function normalizeLogin(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase()
}

function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22)
}
