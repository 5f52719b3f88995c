/**
 * Proof for the origin: `X-Auth-Assertion`, a JWT (RFC 7519) by a key of the gateway's own, which says that a
 * request came through the gateway, to this origin, and for whom. Whoever knows the origin's address can
 * copy the other X-Auth-* headers, and cannot make this one.
 */

import * as v from 'valibot'
import type { RoutePart, RouteSite } from '../../auth/feature.ts'
import type { Principal } from '../../auth/principal.ts'
import { options } from '../../options/options.ts'
import { listOf, nameList, reportIssues, textLike } from '../../options/schemas.ts'
import { literalPrefix } from '../../router.ts'
import { explainKey, isSameKey, MAX_KEYS } from './key.ts'
import { publicationOf } from './publication.ts'

export interface AssertionOptions {
  /**
   * One or two private keys, as JSON Web Keys in secrets: ES256 (P-256) or EdDSA (Ed25519). The first signs; the
   * public parts of both are at `/.well-known/gatehouse/jwks.json`, so that they can be changed one after the other.
   */
  keys: readonly string[]
  /**
   * What `aud` is. Default: the origin of the target's URL, `https://orders.acme.example`; of a binding or a
   * handler the literal part of the route's path, `/orders`.
   */
  audience?: string
  /** What `iss` is. Default: the URL of the route's `host` or of the first of `hosts`; without any, `urn:gatehouse`. */
  issuer?: string
  /** Names of claims of the caller's credential that are signed too, as members of `claims`. Default: none. */
  claims?: readonly string[]
}

/** A route's `assertion`, made by {@link assertion}. */
export interface Assertion {
  /**
   * The assertion about a caller, the first of those who were verified, or about nobody. Throws `config_invalid`
   * where the key contradicts itself.
   */
  prove(principals: readonly Principal[]): Promise<string>
}

/** An assertion lives no longer, and never longer than the credential that it is made of. */
const LIFE_SECONDS = 60
/** It is sent again for so long. What is left of its life is for the way, and for clocks that differ. */
const REUSE_SECONDS = 30

const EXAMPLE = 'assertion({ keys: [env.ASSERTION_KEY] })'
const AUDIENCE = "'https://orders.acme.example'"
const ISSUER = "'https://api.acme.example'"

const schema = options<AssertionOptions>(
  {
    keys: v.pipe(
      listOf(textLike('env.ASSERTION_KEY', explainKey), {
        example: '[env.ASSERTION_KEY]',
        isOptional: false,
      }),
      v.maxLength(
        MAX_KEYS,
        'has more than 2 keys. Keep the one that signs and the next or last one',
      ),
    ),
    audience: v.exactOptional(textLike(AUDIENCE)),
    issuer: v.exactOptional(textLike(ISSUER)),
    claims: v.exactOptional(nameList),
  },
  {
    example: EXAMPLE,
    examples: {
      keys: '[env.ASSERTION_KEY]',
      audience: AUDIENCE,
      issuer: ISSUER,
      claims: "['email']",
    },
    otherNames: { key: 'keys', privateKey: 'keys', secret: 'keys', aud: 'audience', iss: 'issuer' },
  },
)

/** Signs for a route's origin that a request came through the gateway, and for whom. */
export function assertion(given: AssertionOptions): RoutePart<Assertion> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) return reportIssues(issues, path, to)
      const [first = '', second] = given.keys
      if (second !== undefined && isSameKey(first, second)) {
        to.report(`${path}.keys`, 'has one key twice, or two with one "kid". Take one of them out')
      }
    },

    compile(site, house) {
      const publication = publicationOf(house)
      const [key] = given.keys.map(publication.keyOf)
      if (!key) throw new Error('the key of an assertion was not checked')
      const facts = { iss: issuerOf(given, site), aud: audienceOf(given, site) }
      const sent = new WeakMap<object, Sent>()

      return {
        endpoints: [publication.endpointAt(site.host)],

        async prove(principals) {
          const [principal, ...others] = principals
          const now = house.now()
          // Kept for one credential alone: beside another one the first may have to end sooner.
          const whose = others.length === 0 ? (principal ?? facts) : {}
          const known = sent.get(whose)
          if (known && known.from <= now && now < known.until) return known.text
          const ends = principals.map(({ expiresAt }) => Math.floor(expiresAt))
          const exp = Math.min(now + LIFE_SECONDS, ...ends)
          const payload = { ...facts, iat: now, exp, ...about(principal, given.claims) }
          const text = await key.sign(JSON.stringify(payload))
          // The value is kept and not the promise: a request must not wait for the I/O of another one.
          sent.set(whose, { text, from: now, until: Math.min(now + REUSE_SECONDS, exp) })
          return text
        },
      }
    },
  }
}

interface Sent {
  readonly text: string
  /** Unix seconds between which it is sent again. */
  readonly from: number
  readonly until: number
}

/** Of the caller, what the other X-Auth-* headers say; of nobody, nothing. */
function about(principal: Principal | undefined, names: readonly string[] = []) {
  if (!principal) return {}
  const { subject, issuer, roles, claims } = principal
  // RFC 6749 section 3.3: one name with a space in it would be read as two.
  const scopes = [...principal.scopes].filter((name) => !/\s/.test(name))
  const chosen = names.flatMap((name) =>
    Object.hasOwn(claims, name) ? [[name, claims[name]]] : [],
  )
  return {
    ...(subject !== undefined && { sub: subject }),
    // Whose word `sub` is: two issuers may know two people by one name.
    idp: issuer,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(roles.length > 0 && { roles }),
    ...(chosen.length > 0 && { claims: Object.fromEntries(chosen) }),
  }
}

function issuerOf({ issuer }: AssertionOptions, { host, hosts }: RouteSite): string {
  const name = host ?? hosts[0]
  return issuer ?? (name === undefined ? 'urn:gatehouse' : `https://${name}`)
}

function audienceOf({ audience }: AssertionOptions, { target, path }: RouteSite): string {
  return audience ?? target ?? (literalPrefix(path) || '/')
}
