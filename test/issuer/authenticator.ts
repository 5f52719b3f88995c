/** A WebAuthn authenticator in software: it makes one ES256 passkey and signs what it is told to. */

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'

/** What a test may get wrong on purpose. */
export interface Ceremony {
  challenge: string
  origin: string
  rpId: string
  /** Default true. */
  userVerified?: boolean
  /** How often it has signed. Default 0, as of an authenticator that does not count. */
  counter?: number
  /** Whose passkey it says it is: the `sub`. Default: nobody's. */
  userId?: string
}

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const CREDENTIAL_INCLUDED = 0x40

/** A passkey that was made before: its id, base64url, and its private key. */
export interface KnownPasskey {
  id: string
  privateKey: JsonWebKey
}

export class Authenticator {
  readonly #keys: { privateKey: KeyObject; publicKey: KeyObject }
  readonly #id: Buffer

  constructor(known?: KnownPasskey) {
    this.#id = known ? Buffer.from(known.id, 'base64url') : randomBytes(16)
    if (known) {
      const privateKey = createPrivateKey({ key: known.privateKey, format: 'jwk' })
      this.#keys = { privateKey, publicKey: createPublicKey(privateKey) }
    } else {
      this.#keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    }
  }

  get id(): string {
    return this.#id.toString('base64url')
  }

  /** The JSON that a browser would send after `navigator.credentials.create()`. */
  create(ceremony: Ceremony): string {
    const length = Buffer.from([0, this.#id.length])
    const credential = Buffer.concat([Buffer.alloc(16), length, this.#id, this.#coseKey()])
    const authData = Buffer.concat([authenticatorData(ceremony, CREDENTIAL_INCLUDED), credential])
    const attestationObject = Buffer.concat([
      Buffer.from([0xa3]),
      text('fmt'),
      text('none'),
      text('attStmt'),
      Buffer.from([0xa0]),
      text('authData'),
      Buffer.from([0x58, authData.length]),
      authData,
    ])
    return this.#answer({
      clientDataJSON: clientData('webauthn.create', ceremony).toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal'],
    })
  }

  /** The JSON that a browser would send after `navigator.credentials.get()`. */
  get(ceremony: Ceremony): string {
    const authData = authenticatorData(ceremony, 0)
    const data = clientData('webauthn.get', ceremony)
    const signed = Buffer.concat([authData, sha256(data)])
    return this.#answer({
      clientDataJSON: data.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: sign('sha256', signed, this.#keys.privateKey).toString('base64url'),
      ...(ceremony.userId !== undefined && {
        userHandle: Buffer.from(ceremony.userId).toString('base64url'),
      }),
    })
  }

  #answer(response: object): string {
    const credential = {
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      clientExtensionResults: {},
    }
    return JSON.stringify({ ...credential, response })
  }

  /** RFC 9053: {kty: EC2, alg: ES256, crv: P-256, x, y}. */
  #coseKey(): Buffer {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' })
    return Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]),
      Buffer.from(x, 'base64url'),
      Buffer.from([0x22, 0x58, 0x20]),
      Buffer.from(y, 'base64url'),
    ])
  }
}

function authenticatorData(ceremony: Ceremony, extra: number): Buffer {
  const { rpId, userVerified = true, counter = 0 } = ceremony
  const flags = USER_PRESENT | (userVerified ? USER_VERIFIED : 0) | extra
  const tail = Buffer.alloc(5)
  tail.writeUInt8(flags)
  tail.writeUInt32BE(counter, 1)
  return Buffer.concat([sha256(Buffer.from(rpId)), tail])
}

function clientData(type: string, { challenge, origin }: Ceremony): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
}
