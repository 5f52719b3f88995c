/** An entry of `issuers` becomes a key set, a verifier and, where it says so, introspection. */

import type { Issuer } from '../auth/authenticate.ts'
import { createIntrospection } from '../auth/bearer/introspection.ts'
import { ALGORITHMS } from '../auth/bearer/jwk.ts'
import { createKeySet, type KeySet } from '../auth/bearer/jwks.ts'
import { createJwtVerifier, type JwtRules } from '../auth/bearer/jwt.ts'
import type { IssuerConfig, TrustedIssuer } from '../auth/presets/oidc.ts'
import { bound, type Fetch } from '../lib/fetch.ts'
import type { Store } from '../lib/kv.ts'
import type { RequestScope } from '../lib/request-scope.ts'

export interface Dependencies {
  readonly fetch: Fetch
  readonly store: Store | undefined
  /** Unix seconds. */
  readonly now: () => number
}

const DEFAULT_CLOCK_SKEW_SECONDS = 30
/** For keys, and less where there has to be time left to introspect: 5 s is the limit for both. */
const KEYS_SECONDS = 5
const HURRIED_KEYS_SECONDS = 3

export function compileIssuer(
  name: string,
  config: IssuerConfig,
  { fetch, store, now }: Dependencies,
): { issuer: Issuer; keySet: KeySet } {
  const trusted = config.trust()
  const { jwksUri, via, introspection } = trusted
  const rules = compileRules(name, config.issuer, trusted)
  const fetchIssuer = via ? bound(via) : fetch
  const keySet = createKeySet({
    issuer: config.issuer,
    jwksUri,
    boundAs: via && name,
    timeoutSeconds: introspection ? HURRIED_KEYS_SECONDS : KEYS_SECONDS,
    fetch: fetchIssuer,
    store,
    now,
  })
  const findEndpoint = async (scope: RequestScope) =>
    (await keySet.endpoints(scope))?.introspectionEndpoint
  const issuer = {
    rules,
    now,
    tokenFrom: trusted.tokenFrom ?? [],
    verifier: createJwtVerifier(rules, keySet, now),
    introspection:
      introspection && createIntrospection(introspection, findEndpoint, fetchIssuer, now),
  }
  return { issuer, keySet }
}

function compileRules(name: string, issuer: string, trusted: TrustedIssuer): JwtRules {
  const { audiences, algorithms, keyIds, clockSkewSeconds, scopeClaim, rolesClaim } = trusted
  return {
    name,
    issuer,
    audiences,
    algorithms: algorithms ?? ALGORITHMS,
    keyIds,
    clockSkewSeconds: clockSkewSeconds ?? DEFAULT_CLOCK_SKEW_SECONDS,
    scopeClaims: scopeClaim === undefined ? ['scope', 'scp'] : [scopeClaim],
    rolesClaim: rolesClaim ?? 'roles',
    check: trusted.checkClaims,
  }
}
