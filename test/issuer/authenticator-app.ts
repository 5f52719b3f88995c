/** An authenticator app: the code that it shows (RFC 6238), in lines of its own. */

import { createHmac } from 'node:crypto'

/** `now` is in Unix seconds. */
export function codeAt(secret: string, now: number): string {
  const bits = [...secret]
    .map((character) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character))
    .flatMap((value) => [16, 8, 4, 2, 1].map((bit) => (value & bit ? 1 : 0)))
  const key = Buffer.alloc(Math.floor(bits.length / 8))
  for (const [index, bit] of bits.entries()) {
    const byte = index >> 3
    if (bit && byte < key.length) key.writeUInt8(key.readUInt8(byte) | (128 >> (index % 8)), byte)
  }
  const counter = Buffer.alloc(8)
  counter.writeUInt32BE(Math.floor(now / 30), 4)
  const mac = createHmac('sha1', key).update(counter).digest()
  const number = mac.readUInt32BE(mac.readUInt8(19) & 15) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}
