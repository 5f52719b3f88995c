/** The tokens of one OAuth issuer as a scheme: what every preset compiles to. */

import { type Binding, bound } from '../../lib/fetch.ts'
import type { Scope } from '../../lib/scope.ts'
import type { JsonObject } from '../../lib/strict-json.ts'
import { type ClaimLocations, locationsIn } from '../claim-location.ts'
import type { Extras, House } from '../feature.ts'
import type { PossessionFeature } from '../possession/possession.ts'
import type { Principal } from '../principal.ts'
import type { NotMine, Place, Scheme, Verified } from '../scheme.ts'
import { authenticate, type Issuer } from './authenticate.ts'
import { challengeText } from './challenge.ts'
import type { JwtRules } from './claims.ts'
import { readCredential } from './credential.ts'
import { createIntrospection, type IntrospectionOptions } from './introspection.ts'
import { ALGORITHMS } from './jwk.ts'
import { createKeySet, type KeySet } from './jwks.ts'
import { createJwtVerifier } from './jwt.ts'
import { selecting } from './subprotocol.ts'
import { DEFAULT_TOKEN_LENGTH } from './token.ts'
import { placeOf, type TokenSource } from './token-source.ts'

/** What a preset knows of an issuer whose tokens are trusted. */
export interface TrustedIssuer {
  /** Whose discovery is asked, and under whose name keys are kept. */
  readonly issuer: string
  /** What `iss` may be. Default: `issuer`. */
  readonly issuers?: readonly string[] | undefined
  readonly audiences: readonly string[]
  /** The claims that may name an audience. Default: `aud`. */
  readonly audienceClaims?: readonly string[] | undefined
  readonly jwksUri?: string | undefined
  readonly via?: Binding | undefined
  readonly algorithms?: readonly string[] | undefined
  readonly keyIds?: readonly string[] | undefined
  readonly clockSkewSeconds?: number | undefined
  readonly maxTokenLength?: number | undefined
  readonly scopeClaim?: ClaimLocations | undefined
  readonly rolesClaim?: ClaimLocations | undefined
  /** Throws where claims that are otherwise good are not what this issuer's access tokens have. */
  readonly checkClaims?: ((claims: JsonObject) => void) | undefined
  readonly introspection?: IntrospectionOptions | undefined
  readonly tokenFrom?: readonly TokenSource[] | undefined
  /** The claims of which the first that is there says who it is. Default: `sub`. */
  readonly subjectClaims?: readonly string[] | undefined
  readonly possession?: readonly PossessionFeature[] | undefined
}

const DEFAULT_CLOCK_SKEW_SECONDS = 30
/** For keys, and less where there has to be time left to introspect: 5 s is the limit for both. */
const KEYS_SECONDS = 5
const HURRIED_KEYS_SECONDS = 3

export function bearerScheme(name: string, trusted: TrustedIssuer, house: House): Scheme & Extras {
  const { tokenFrom = [], possession = [] } = trusted
  const keySet = compileKeySet(name, trusted, house)
  const issuer = compileIssuer(name, trusted, keySet, house)
  const scheme: Scheme & Extras = {
    name,
    withholds: [AUTHORIZATION, ...tokenFrom.map(placeOf)],
    keySet,
    find: ({ request, location }) => readCredential(request.headers, tokenFrom, location.search),
    verify({ value }, _inbound, scope) {
      const principal = authenticate(value, issuer, scope)
      return 'then' in principal ? principal.then(toVerdict) : toVerdict(principal)
    },
    challenge: (error, scopes, metadata) =>
      challengeText(error, { scheme: 'Bearer', scopes, metadata }),
    scheduled: (scope) => keySet.refreshOnSchedule(scope),
  }
  const guarded = possession.reduce((inner, { around }) => around(inner, house), scheme)
  const markers = tokenFrom.flatMap((from) => ('subprotocol' in from ? from.subprotocol : []))
  return markers.length === 0 ? guarded : selecting(guarded, markers)
}

function toVerdict(principal: Principal | NotMine): Verified | NotMine {
  return 'notMine' in principal ? principal : { principal }
}

const AUTHORIZATION: Place = { header: 'authorization' }

function compileKeySet(name: string, trusted: TrustedIssuer, house: House): KeySet {
  const { issuer, jwksUri, via, introspection } = trusted
  return createKeySet({
    issuer,
    jwksUri,
    boundAs: via && name,
    timeoutSeconds: introspection ? HURRIED_KEYS_SECONDS : KEYS_SECONDS,
    fetch: via ? bound(via) : house.fetch,
    store: house.store,
    now: house.now,
  })
}

function compileIssuer(
  name: string,
  trusted: TrustedIssuer,
  keySet: KeySet,
  { fetch, now, issuers }: House,
): Issuer {
  const { via, introspection } = trusted
  const rules = compileRules(name, trusted)
  const findEndpoint = async (scope: Scope) =>
    (await keySet.endpoints(scope))?.introspectionEndpoint
  return {
    rules,
    issuers,
    maxTokenLength: trusted.maxTokenLength ?? DEFAULT_TOKEN_LENGTH,
    now,
    verifier: createJwtVerifier(rules, keySet, now),
    introspection:
      introspection &&
      createIntrospection(introspection, findEndpoint, via ? bound(via) : fetch, now),
  }
}

function compileRules(name: string, trusted: TrustedIssuer): JwtRules {
  const { issuer, algorithms, keyIds, clockSkewSeconds, scopeClaim, rolesClaim } = trusted
  return {
    name,
    issuers: trusted.issuers ?? [issuer],
    audiences: trusted.audiences,
    audienceClaims: trusted.audienceClaims ?? ['aud'],
    algorithms: algorithms ?? ALGORITHMS,
    keyIds,
    clockSkewSeconds: clockSkewSeconds ?? DEFAULT_CLOCK_SKEW_SECONDS,
    scopeClaims: scopeClaim === undefined ? ['scope', 'scp'] : locationsIn(scopeClaim),
    rolesClaims: locationsIn(rolesClaim ?? 'roles'),
    subjectClaims: trusted.subjectClaims,
    confirms: trusted.possession?.map(({ confirms }) => confirms) ?? [],
    check: trusted.checkClaims,
  }
}
