/**
 * A provider as a row of what its tokens are, where those of any OpenID provider would not do. Each row stands in
 * a file of its own, so that one that is not imported is not in the bundle.
 */

import * as v from 'valibot'
import { GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../lib/strict-json.ts'
import { type Entries, options as optionsSchema } from '../../options/options.ts'
import { reportIssues, textLike } from '../../options/schemas.ts'
import type { IntrospectionOptions } from '../bearer/introspection.ts'
import { bearerScheme, type TrustedIssuer } from '../bearer/scheme.ts'
import { type TokenSource, warnOfSources } from '../bearer/token-source.ts'
import type { ClaimLocations } from '../claim-location.ts'
import type { OAuthIssuer, SchemeFeature } from '../feature.ts'
import { type CommonOptions, commonEntries } from './common.ts'

export interface Provider<Options extends CommonOptions> {
  /** Checks the owner's options beside the common ones, and says what the commonest slip is. */
  readonly entries: Entries
  /** Options of which one has to be there. */
  readonly needsOneOf?: readonly string[]
  /** What `iss` may be. The first is asked for its discovery document. */
  issuers(options: Options): readonly [string, ...string[]]
  /** Where the key set is. Default: what discovery says. */
  jwksUri?(options: Options): string
  /** One of these has to be named. */
  audiences(options: Options): readonly string[]
  /** The claims that may name it. Default: `aud`; none where the key set signs for this API alone. */
  audienceClaims?(options: Options): readonly string[]
  /** Where scopes and roles stand, unless the owner says otherwise. Default: as with any provider. */
  scopes?(options: Options): ClaimLocations
  roles?(options: Options): ClaimLocations
  /** What every wanted token has: one of these claims, with one of these values if there are any. */
  readonly wants?: { readonly claims: readonly string[]; readonly values?: readonly string[] }
  /** Claims that only other tokens have, such as `at_hash` in id tokens. */
  readonly lacks?: readonly string[]
  /** Where else tokens stand, unless the owner says otherwise. */
  readonly tokenFrom?: readonly TokenSource[]
  introspection?(options: Options): IntrospectionOptions | undefined
  /** What else a token of the first issuer has, for tests. */
  example?(options: Options): Readonly<Record<string, string>>
  /** What else is wrong with claims that are otherwise good; undefined where nothing is. */
  refuses?(claims: JsonObject, options: Options): string | undefined
}

const UNKNOWN: OAuthIssuer = { issuer: '', takesOpaqueTokens: false }

/** Makes the function that an owner calls. */
export function provider<Options extends CommonOptions>(
  row: Provider<Options>,
): (options: Options) => SchemeFeature {
  const wanted = Object.entries(row.entries).filter(([, { type }]) => type !== 'exact_optional')
  const example = `{ ${wanted.map(([name]) => `${name}: …`).join(', ')} }`
  const schema = optionsSchema<Options>({ ...commonEntries, ...row.entries }, { example })

  return (options) => ({
    get oauth(): OAuthIssuer {
      // Also asked for while something is wrong with the options.
      if (!v.is(schema, options)) return UNKNOWN
      const issuers = row.issuers(options)
      const takesOpaqueTokens = row.introspection?.(options)?.opaque === true
      const exampleClaims = exampleOf(row, options)
      return { issuer: issuers[0], issuers, takesOpaqueTokens, via: options.via, exampleClaims }
    },

    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
      const given = new Map(Object.entries(options ?? {}))
      const { needsOneOf = [] } = row
      if (needsOneOf.length > 0 && needsOneOf.every((name) => given.get(name) === undefined)) {
        to.report(
          path,
          `needs ${needsOneOf.join(' or ')}: without, any token of the issuer would do`,
        )
      }
    },

    warn: (path, to) => warnOfSources(options.tokenFrom, path, to),
    compile: (name, house) => bearerScheme(name, trust(row, options), house),
  })
}

function exampleOf<Options extends CommonOptions>(row: Provider<Options>, options: Options) {
  const [audience] = row.audiences(options)
  const [claim] = row.audienceClaims?.(options) ?? ['aud']
  const { claims: [wanted] = [], values: [value] = ['example'] } = row.wants ?? {}
  return {
    ...(claim !== undefined && audience !== undefined && { [claim]: audience }),
    ...(wanted !== undefined && value !== undefined && { [wanted]: value }),
    ...row.example?.(options),
  }
}

function trust<Options extends CommonOptions>(
  row: Provider<Options>,
  options: Options,
): TrustedIssuer {
  const issuers = row.issuers(options)
  return {
    ...options,
    issuer: issuers[0],
    issuers,
    jwksUri: row.jwksUri?.(options),
    audiences: row.audiences(options),
    audienceClaims: row.audienceClaims?.(options),
    scopeClaim: options.scopeClaim ?? row.scopes?.(options),
    rolesClaim: options.rolesClaim ?? row.roles?.(options),
    tokenFrom: options.tokenFrom ?? row.tokenFrom,
    introspection: row.introspection?.(options),
    checkClaims(claims) {
      const reason = refusedByRow(claims, row) ?? row.refuses?.(claims, options)
      if (reason !== undefined) throw new GatewayError('invalid_token', { reason })
    },
  }
}

function refusedByRow(
  claims: JsonObject,
  { wants, lacks = [] }: Pick<Provider<CommonOptions>, 'wants' | 'lacks'>,
): string | undefined {
  const found = lacks.find((name) => claims[name] !== undefined)
  if (found !== undefined) return `the token is an id token: it has ${found}`
  if (!wants) return undefined
  const has = (name: string) =>
    wants.values ? wants.values.includes(claims[name] as string) : claims[name] !== undefined
  if (wants.claims.some(has)) return undefined
  const values = wants.values ? ` that is ${wants.values.join(' or ')}` : ''
  return `the token is of another kind: it has no ${wants.claims.join(' or ')}${values}`
}

/** One name, or several of which one is enough. */
export type Names = string | readonly string[]

export function listOf(names: Names | undefined): readonly string[] {
  return typeof names === 'string' ? [names] : (names ?? [])
}

/** Checks one name or a list of them, each with `item`. */
export function names(item: v.GenericSchema<string> = textLike('env.CLIENT_ID')) {
  const list = v.pipe(v.array(item), v.minLength(1, 'is an empty list. Name at least one'))
  return v.lazy((input): v.GenericSchema<unknown> => (Array.isArray(input) ? list : item))
}

/** A host name alone: whoever pastes an address gets two schemes or two slashes. */
export function domain(example: string) {
  return v.pipe(
    textLike(`'${example}'`),
    v.regex(
      /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i,
      `must be the domain alone, for example ${example}: no https:// and no slash`,
    ),
  )
}

export function withoutSlash(url: string): string {
  return url.replace(/\/$/, '')
}
