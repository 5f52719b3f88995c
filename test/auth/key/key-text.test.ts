import { describe, expect, it } from 'vitest'
import {
  newKeyId,
  newKeySecret,
  readKeyText,
  writeKeyText,
} from '../../../src/auth/key/key-text.ts'

const ID = '0123456789ABCDEF'
const SECRET = 'abcdefghijklmnopqrstuvwxyz012345'

describe('the text of a key', () => {
  it('ends with a checksum that others can compute: CRC-32 to the base 62', () => {
    // python3: zlib.crc32(b"gk_0123456789ABCDEF_abcdefghijklmnopqrstuvwxyz012345") is 2,138,102,643.
    expect(writeKeyText({ id: ID, secret: SECRET })).toBe(`gk_${ID}_${SECRET}_2KhGAV`)
  })

  it('is read back', () => {
    const shown = { id: newKeyId(), secret: newKeySecret() }
    expect(readKeyText(writeKeyText(shown))).toEqual(shown)
  })

  it('is refused with any one character changed, missing, doubled or exchanged with its neighbour', () => {
    const text = writeKeyText({ id: ID, secret: SECRET })
    for (let at = 0; at < text.length; at++) {
      const [before, here = '', after] = [text.slice(0, at), text[at], text.slice(at + 1)]
      const next = after.slice(0, 1)
      const wrong = [
        before + (here === 'x' ? 'y' : 'x') + after,
        before + after,
        before + here + here + after,
        ...(next !== here && next !== '' ? [before + next + here + after.slice(1)] : []),
      ]
      for (const other of wrong) expect(readKeyText(other), other).toBeUndefined()
    }
  })

  it.each(['', 'gk_', `GK_${ID}_${SECRET}_000000`, `${'gk_'.repeat(10_000)}`, 'a.b.c'])(
    'is not %s',
    (text) => {
      expect(readKeyText(text)).toBeUndefined()
    },
  )

  it('is made of every digit equally often, as far as chance allows', () => {
    const digits = Array.from({ length: 400 }, newKeySecret).join('')
    expect(new Set(digits).size).toBe(62)
    // A byte has 256 values, and 62 goes into them four times and eight over: the first eight digits would come more
    // often. Of 12,800 they are 1,652, with a deviation of 38.
    const first = [...digits].filter((digit) => digit < '8').length
    expect(Math.abs(first - 1_652)).toBeLessThan(6 * 38)
  })
})
