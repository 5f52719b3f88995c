/**
 * Tokens that are bound to a certificate of their client (RFC 8705 section 3), which the platform has asked for in
 * the TLS handshake. Not run on Cloudflare: only there a client can show one.
 */

import * as v from 'valibot'
import { GatewayError } from '../../errors.ts'
import { isObject } from '../../lib/strict-json.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { flag, reportIssues } from '../../options/schemas.ts'
import type { Inbound } from '../scheme.ts'
import { guarded, type Possession } from './guarded.ts'
import type { PossessionFeature } from './possession.ts'

export interface MtlsOptions {
  /** Refuses tokens that are not bound to a certificate. Default false: the entry takes both kinds. */
  required?: boolean
}

const schema = optionsSchema<MtlsOptions>(
  { required: v.exactOptional(flag) },
  { example: 'mtls({ required: true })', otherNames: { isRequired: 'required' } },
)

const MEMBER = 'x5t#S256'

/**
 * Takes tokens with `cnf["x5t#S256"]` from a client that has shown that certificate, where Cloudflare has verified it
 * and it is not revoked: the zone needs a hostname with mTLS.
 */
export function mtls(options: MtlsOptions = {}): PossessionFeature {
  return {
    confirms: MEMBER,
    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },
    around: (scheme) => guarded(scheme, compilePossession(options.required ?? false)),
  }
}

function compilePossession(required: boolean): Possession {
  return {
    member: MEMBER,
    withholds: [],
    boundTokens: { dpopAlgorithms: [], requiresDpop: false, certificates: true },
    check(bound, _evidence, inbound) {
      if (bound === undefined) {
        if (!required) return undefined
        throw refused(
          'the token is bound to no certificate, and mtls({ required: true }) wants that',
        )
      }
      const shown = thumbprintOf(inbound)
      if (shown === undefined) {
        throw refused(
          'the token is bound to a certificate, and none was shown that Cloudflare has verified',
        )
      }
      if (shown !== bound) throw refused('the token is bound to another certificate')
      return undefined
    },
  }
}

const SHA256_IN_HEX = /^[\da-f]{64}$/i

/** Of the client's certificate; undefined where there is none, or none that is good. */
function thumbprintOf({ request }: Inbound): string | undefined {
  const shown: unknown = request.cf?.tlsClientAuth
  if (!isObject(shown) || shown.certPresented !== '1') return undefined
  if (shown.certVerified !== 'SUCCESS' || shown.certRevoked === '1') return undefined
  const { certFingerprintSHA256: hex } = shown
  if (typeof hex !== 'string' || !SHA256_IN_HEX.test(hex)) return undefined
  return Buffer.from(hex, 'hex').toString('base64url')
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
