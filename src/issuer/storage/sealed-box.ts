/**
 * Text that only a holder of ISSUER_KEY_SECRET can read: AES-256-GCM under a key derived from it.
 * Without the secret text stays as it is, so that a first deploy works; setting it later seals the rest.
 */

const PREFIX = 'a256gcm$'

export class SealedBox {
  readonly #secret: string | undefined
  readonly #what: string
  #key: CryptoKey | undefined

  /** `what` is what it holds: texts of one kind cannot stand for those of another. */
  constructor(secret: string | undefined, what = 'signing keys') {
    this.#secret = secret
    this.#what = what
  }

  /** True where {@link seal} would change how `text` is stored. */
  wouldSeal(text: string): boolean {
    return this.#secret !== undefined && !text.startsWith(PREFIX)
  }

  async seal(text: string): Promise<string> {
    if (this.#secret === undefined) return text
    const iv = crypto.getRandomValues(new Uint8Array(12))
    const sealed = await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv },
      await this.#deriveKey(this.#secret),
      Buffer.from(text, 'utf8'),
    )
    return PREFIX + Buffer.concat([iv, Buffer.from(sealed)]).toString('base64url')
  }

  /** Throws where the text was sealed under another secret, or changed since. */
  async open(stored: string): Promise<string> {
    if (!stored.startsWith(PREFIX)) return stored
    if (this.#secret === undefined) {
      throw new Error(`the ${this.#what} are encrypted and ISSUER_KEY_SECRET is not set`)
    }
    const bytes = Buffer.from(stored.slice(PREFIX.length), 'base64url')
    try {
      const text = await crypto.subtle.decrypt(
        { name: 'AES-GCM', iv: bytes.subarray(0, 12) },
        await this.#deriveKey(this.#secret),
        bytes.subarray(12),
      )
      return Buffer.from(text).toString('utf8')
    } catch (cause) {
      throw new Error(`the ${this.#what} are encrypted under another ISSUER_KEY_SECRET`, { cause })
    }
  }

  async #deriveKey(secret: string): Promise<CryptoKey> {
    if (!this.#key) {
      const material = await crypto.subtle.importKey(
        'raw',
        Buffer.from(secret, 'utf8'),
        'HKDF',
        false,
        ['deriveKey'],
      )
      this.#key = await crypto.subtle.deriveKey(
        {
          name: 'HKDF',
          hash: 'SHA-256',
          salt: new Uint8Array(),
          info: Buffer.from(`gatehouse issuer ${this.#what}`, 'utf8'),
        },
        material,
        { name: 'AES-GCM', length: 256 },
        false,
        ['encrypt', 'decrypt'],
      )
    }
    return this.#key
  }
}
