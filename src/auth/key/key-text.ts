/**
 * What an API key looks like: `gk_<id>_<secret>_<checksum>`, digits and letters alone. The checksum proves nothing:
 * with it a scanner that finds a key in a repository can tell that it is one, and a mistyped key is refused
 * without being looked up. No I/O.
 */

/** The parts of a key that somebody shows. */
export interface KeyText {
  /** Names the key, in lists and logs. No secret. */
  readonly id: string
  readonly secret: string
}

const KEY = /^gk_([0-9A-Za-z]{16})_([0-9A-Za-z]{32})_([0-9A-Za-z]{6})$/
const ID = /^[0-9A-Za-z]{16}$/
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 16
/** 190 bits: no list of guesses helps against a plain hash of it. */
const SECRET_LENGTH = 32
const CHECKSUM_LENGTH = 6
/** Below it, each digit has as many values of a byte as any other. */
const FAIR_BYTES = 256 - (256 % DIGITS.length)

export function isKeyId(text: string): boolean {
  return ID.test(text)
}

/** Undefined for whatever is no key: another length or alphabet, or a checksum of something else. */
export function readKeyText(text: string): KeyText | undefined {
  const [, id, secret, checksum] = KEY.exec(text) ?? []
  if (id === undefined || secret === undefined) return undefined
  return checksum === checksumOf(id, secret) ? { id, secret } : undefined
}

/** The one spelling of a key. */
export function writeKeyText({ id, secret }: KeyText): string {
  return `gk_${id}_${secret}_${checksumOf(id, secret)}`
}

/** From the platform's cryptographic random numbers. */
export function newKeyId(): string {
  return randomDigits(ID_LENGTH)
}

/** From the platform's cryptographic random numbers. */
export function newKeySecret(): string {
  return randomDigits(SECRET_LENGTH)
}

function randomDigits(length: number): string {
  let text = ''
  while (text.length < length) {
    const [byte = FAIR_BYTES] = crypto.getRandomValues(new Uint8Array(1))
    if (byte < FAIR_BYTES) text += DIGITS.charAt(byte % DIGITS.length)
  }
  return text
}

/** CRC-32 (ISO 3309, as in zlib) of what stands before it, as six digits to the base 62. */
function checksumOf(id: string, secret: string): string {
  let rest = crc32(`gk_${id}_${secret}`)
  let text = ''
  while (text.length < CHECKSUM_LENGTH) {
    text = DIGITS.charAt(rest % DIGITS.length) + text
    rest = Math.floor(rest / DIGITS.length)
  }
  return text
}

/** Of ASCII text. */
function crc32(text: string): number {
  let crc = 0xff_ff_ff_ff
  for (let index = 0; index < text.length; index++) {
    crc ^= text.charCodeAt(index)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xed_b8_83_20 : crc >>> 1
  }
  return ~crc >>> 0
}
