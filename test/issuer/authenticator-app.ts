/** An authenticator app: the code that it shows (RFC 6238), in lines of its own, and its camera. */

import { createHmac } from 'node:crypto'
import jsQR from 'jsqr'

/** Pixels of one module of a QR code. */
const SCALE = 4

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

/** What the camera of a phone reads from the drawing in a page. */
export function readQrCode(page: string): string | undefined {
  const size = Number(/viewBox="0 0 (\d+) /.exec(page)?.[1])
  const width = size * SCALE
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255)
  const rows = page.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+/g)
  for (const [, left, top, length] of rows) {
    for (let y = Number(top) * SCALE; y < (Number(top) + 1) * SCALE; y++) {
      const from = (y * width + Number(left) * SCALE) * 4
      for (let x = 0; x < Number(length) * SCALE; x++) pixels.set([0, 0, 0], from + x * 4)
    }
  }
  return jsQR(pixels, width, width)?.data
}
