// The stand-in's Key Master: the keys of the whole installation, not of a tenant. Signs, publishes,
// rotates and deletes them. Decides nothing about tokens.

import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type JWK } from 'jose'

/** Algorithms that FusionAuth offers for keys. [documented] */
export type SigningAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'HS256'

export interface Key {
  /** Absent in one key of FusionAuth's own JWKS sample. [documented] */
  kid?: string
  alg: SigningAlgorithm
  /** Whose private half FusionAuth does not have: an identity provider's, imported. [observed] */
  thirdParty: boolean
  private: CryptoKey | Uint8Array
  public: CryptoKey | Uint8Array
  /** The published form; HMAC secrets have none. [documented] */
  jwk?: JWK
  pem?: string
}

export interface KeyMaster {
  readonly all: ReadonlySet<Key>
  /** Signs the tokens of every application without a key of its own. */
  readonly signing: Key
  /** The HMAC key that an installation starts with. */
  readonly hmac: Key
  /** Signs webhooks. It is published like any other. [documented] */
  readonly webhook: Key
  /** `accessTokenVerificationKeyIds` (1.69.0): still trusted, no longer signing. [documented] */
  readonly verifying: Set<Key>
  /** Signs from now on, like a changed `accessTokenKeyId`. The former key stays published. */
  use(key: Key): void
  /** Adds a key. `kid: null` makes one without; `members` joins the published form (`x5c`, …). */
  generate(
    alg: SigningAlgorithm,
    options?: { kid?: string | null; members?: JWK; thirdParty?: boolean },
  ): Promise<Key>
  /**
   * The documented rotation: a new key signs. With `overlap` the old one stays published and, unless
   * `keepVerifying` is false, trusted; without, it is deleted at once.
   */
  rotate(options: { overlap: boolean; keepVerifying?: boolean }): Promise<Key>
  /** Gone from the key set at once. [documented] */
  delete(key: Key): void
  /** Only HMAC keys are left: the key set is empty. [observed] */
  useOnlyHmac(): void
  /** Signs anything: what an administrator, a third party or the vend API could. */
  sign(
    key: Key,
    payload: Record<string, unknown>,
    header?: Record<string, unknown>,
  ): Promise<string>
}

/** A Key Master with a signing key, an EC key for webhooks and an HMAC key. */
export async function createKeyMaster(alg: SigningAlgorithm): Promise<KeyMaster> {
  const all = new Set<Key>()
  const verifying = new Set<Key>()
  const generate: KeyMaster['generate'] = async (algorithm, options = {}) => {
    const key = await newKey(algorithm, options)
    all.add(key)
    return key
  }
  const hmac = await generate('HS256')
  const webhook = await generate('ES256')
  let signing = alg === 'HS256' ? hmac : await generate(alg)

  return {
    all,
    verifying,
    hmac,
    webhook,
    get signing() {
      return signing
    },
    use(key) {
      signing = key
    },
    generate,
    async rotate({ overlap, keepVerifying = true }) {
      const old = signing
      signing = await generate(old.alg)
      if (!overlap) all.delete(old)
      else if (keepVerifying) verifying.add(old)
      return signing
    },
    delete(key) {
      all.delete(key)
    },
    useOnlyHmac() {
      for (const key of all) if (key.jwk !== undefined) all.delete(key)
      signing = hmac
    },
    sign: (key, payload, header = {}) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        // `typ` is always JWT, for access and id tokens alike. [documented]
        .setProtectedHeader({ alg: key.alg, typ: 'JWT', ...withKid(key), ...header })
        .sign(key.private),
  }
}

async function newKey(
  alg: SigningAlgorithm,
  options: { kid?: string | null; members?: JWK; thirdParty?: boolean },
): Promise<Key> {
  const thirdParty = options.thirdParty ?? false
  if (alg === 'HS256') {
    const secret = crypto.getRandomValues(new Uint8Array(32))
    return { ...named(options.kid, hex(5)), alg, thirdParty, private: secret, public: secret }
  }
  const pair = await generateKeyPair(alg, { extractable: true })
  const id = named(options.kid, base64url(20))
  const jwk: JWK = { ...(await exportJWK(pair.publicKey)), alg, use: 'sig', ...id }
  return {
    ...id,
    alg,
    thirdParty,
    private: pair.privateKey,
    public: pair.publicKey,
    jwk: { ...jwk, ...options.members },
    pem: await exportSPKI(pair.publicKey),
  }
}

function named(kid: string | null | undefined, fallback: string): { kid?: string } {
  return kid === null ? {} : { kid: kid ?? fallback }
}

function withKid(key: Key): { kid?: string } {
  return key.kid === undefined ? {} : { kid: key.kid }
}

// Generated asymmetric keys are named by 27 characters of base64url, HMAC keys by short hex. [observed]
function base64url(bytes: number): string {
  const text = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)))
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function hex(bytes: number): string {
  return [...crypto.getRandomValues(new Uint8Array(bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}
