// What FusionAuth's documentation leaves open. Each is a switch, so that the gateway can be tested
// against both answers; none of them is known to be right. Facts are not here: they are in the code.

/** The stand-in's answer where no document and no published run says which it is. [inferred], all. */
export interface Assumptions {
  /** The body of introspection's 401 for a token of another client. Documented: only the status. */
  audienceMismatch: 'invalid_token' | 'invalid_client' | 'empty'
  /** Expired, tampered and garbage tokens. Documented: "invalid" is `{"active": false}`, in one sample. */
  refusal: 'inactive' | 'error'
  /** A Bearer header at introspection: ignored in 2024 [observed]; a reason code for refusing exists. */
  bearerAtIntrospection: 'ignored' | 'refused'
  /** Fields in the query string: old samples sent them there; the documentation forbids it. */
  queryAtIntrospection: 'ignored' | 'read'
  /** Introspection of a token whose user was deleted, deactivated, locked or has expired. */
  goneUser: 'active' | 'inactive'
  /** `token_type_hint` before 1.60.0, whose release note says "better support". */
  oldTokenTypeHint: 'ignored' | 'checked'
  /** Whether a universal application's token needs `tenantId` at introspection. */
  universalTenantId: 'optional' | 'required'
  /** Before 1.69.0: does a key that a third party owns make a token valid at FusionAuth itself? */
  thirdPartyKey: 'trusted' | 'distrusted'
  /** Whether 1.69.0 and newer publish only the keys configured for signing or verification. */
  publishedKeys: 'all' | 'configured'
  /** `exp` and `iat` of introspection: seconds in real output, milliseconds in the documented samples. */
  introspectionTimes: 'seconds' | 'milliseconds'
  /** `active`: a boolean in every sample, a String in the documented table. */
  activeType: 'boolean' | 'string'
  /** A client id that FusionAuth does not know. */
  unknownClientStatus: 400 | 401
}

/** The likelier answer of each pair: what samples, release notes and bug reports suggest. */
export const LIKELY: Assumptions = {
  audienceMismatch: 'invalid_token',
  refusal: 'inactive',
  bearerAtIntrospection: 'ignored',
  queryAtIntrospection: 'ignored',
  goneUser: 'active',
  oldTokenTypeHint: 'ignored',
  universalTenantId: 'optional',
  thirdPartyKey: 'distrusted',
  publishedKeys: 'all',
  introspectionTimes: 'seconds',
  activeType: 'boolean',
  unknownClientStatus: 401,
}
