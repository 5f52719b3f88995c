// What has been sent in place of a good API key, to get in, to learn something, or to be heard in a log.

import { type KeyText, writeKeyText } from '../../src/auth/key/key-text.ts'

export interface KeyAttack {
  ids: string
  attack: string
  /** What is sent, given a good key and its parts. */
  sent: (good: string, parts: KeyText) => string
  /** How often KV may be asked because of it. */
  reads: number
}

const ID = 'A'.repeat(16)
const changed = (text: string, at: number) =>
  text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1)

export const KEY_ATTACKS: KeyAttack[] = [
  {
    ids: 'CVE-2026-32595, CVE-2026-41263',
    attack: 'an id that nobody has',
    sent: (_, { secret }) => writeKeyText({ id: ID, secret }),
    reads: 1,
  },
  {
    ids: 'CVE-2015-10004, CVE-2016-7036',
    attack: 'a secret that differs in its first character',
    sent: (_, { id, secret }) => writeKeyText({ id, secret: changed(secret, 0) }),
    reads: 1,
  },
  {
    ids: 'CVE-2015-10004, CVE-2016-7036',
    attack: 'a secret that differs in its last character',
    sent: (_, { id, secret }) => writeKeyText({ id, secret: changed(secret, secret.length - 1) }),
    reads: 1,
  },
  {
    ids: 'CVE-2015-10004',
    attack: 'no secret at all',
    sent: (_, { id }) => `gk_${id}__000000`,
    reads: 0,
  },
  {
    ids: 'CVE-2022-29266',
    attack: 'a wrong checksum',
    sent: (good) => changed(good, good.length - 1),
    reads: 0,
  },
  {
    ids: 'CVE-2025-25294',
    attack: 'the end of a line of the log',
    sent: () => '"} {"subject":"admin',
    reads: 0,
  },
  {
    ids: 'CVE-2025-25294',
    attack: 'the end of a line of the log after a key',
    sent: (good) => `${good}"} {"subject":"admin`,
    reads: 0,
  },
  {
    ids: 'P44',
    attack: 'the name of another entry of KV',
    sent: () => 'gk_../jwks:abcdefgh_abcdefghijklmnopqrstuvwxyz012345_000000',
    reads: 0,
  },
  {
    ids: 'P44',
    attack: 'a member of every object',
    sent: () => '__proto__',
    reads: 0,
  },
  {
    ids: 'P41',
    attack: '64 KiB',
    sent: () => 'gk_'.repeat(21_846),
    reads: 0,
  },
  {
    ids: 'P41',
    attack: 'bytes that are no ASCII',
    sent: (good) => `${good}\u00ff\u00e9`,
    reads: 0,
  },
  {
    ids: 'P41',
    attack: 'the key in other letters',
    sent: (good) => good.toUpperCase(),
    reads: 0,
  },
  {
    ids: 'P41',
    attack: 'the key with a word before it',
    sent: (good) => `Bearer ${good}`,
    reads: 0,
  },
]
