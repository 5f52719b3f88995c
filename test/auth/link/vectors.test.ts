import { describe, expect, it } from 'vitest'
import { createLinkKey } from '../../../src/auth/link/key.ts'
import { messageOf } from '../../../src/auth/link/message.ts'
import { formatToken, parseToken } from '../../../src/auth/link/token.ts'

// Made with the Python of Cloudflare's page on Token Authentication: HMAC-SHA256(key, path + timestamp).
const VECTORS = [
  [
    'mysecrettoken',
    '/images/cat.jpg',
    '1484063787',
    'XsZ5NmtNBxOd4f4fBOtqVmpWRnDRNkHKVZieqDPKu3U%3D',
  ],
  [
    'mysecretkey',
    '/download/cat.jpg',
    '1484063787',
    'JcOQEFurDwNF66OcDJLopQxjsg3cB1KVO5%2BBFS9zZZ0%3D',
  ],
  [
    'my secret symmetric key',
    '/verify/hello',
    '1700000000',
    'VIkd1AR1KOEZc0uZX9VHPLSMHs5uW9X%2F4Z0zJ3krbjE%3D',
  ],
] as const

describe("Cloudflare's format", () => {
  it.each(VECTORS)(
    'verifies and makes the vector of %s, %s',
    async (secret, path, timestamp, mac) => {
      const key = createLinkKey(secret)
      const short = mac.replaceAll('%2B', '-').replaceAll('%2F', '_').replace('%3D', '')
      const forms = [
        ['cloudflare', `${timestamp}-${mac}`],
        ['cloudflare-s', `${timestamp}-${short}`],
      ] as const
      for (const [format, text] of forms) {
        const token = parseToken(text, format)
        if (!token) throw new Error(`${format} does not read ${text}`)
        const signed = {
          hostname: 'any.test',
          path,
          rawPath: path,
          search: '',
          address: undefined,
          cookie: undefined,
        }
        const message = messageOf(token, signed, 'ttl', format) ?? ''
        expect(await key.verify(message, token.mac)).toBe(true)
        expect(await key.verify(`${message}0`, token.mac)).toBe(false)
        expect(formatToken({ ...token, mac: await key.sign(message) }, format)).toBe(text)
      }
    },
  )
})
