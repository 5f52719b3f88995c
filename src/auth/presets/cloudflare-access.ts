/** Cloudflare Access in front of the gateway, or its tokens where it is not. */

import * as v from 'valibot'
import { GatewayError } from '../../errors.ts'
import { bound } from '../../lib/fetch.ts'
import type { JsonObject } from '../../lib/strict-json.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { flag, reportIssues, textLike, told } from '../../options/schemas.ts'
import { createIdentities, type IdentityOptions } from '../access/identity.ts'
import { namelessClient, type PlatformRules, platformPrincipal } from '../access/platform.ts'
import { readSource } from '../bearer/credential.ts'
import { bearerScheme } from '../bearer/scheme.ts'
import { placeOf, type TokenSource } from '../bearer/token-source.ts'
import type { Extras, House, SchemeFeature } from '../feature.ts'
import type { Evidence, Inbound, Scheme } from '../scheme.ts'
import { type CommonOptions, commonEntries } from './common.ts'
import { listOf, type Names, names } from './provider.ts'

export interface CloudflareAccessOptions
  extends Pick<CommonOptions, 'clockSkewSeconds' | 'maxTokenLength' | 'rolesClaim' | 'via'> {
  /** `acme`, where people sign in at `acme.cloudflareaccess.com`. */
  team: string
  /** The Application Audience (AUD) Tag of the application in Access; with several, any one of them. */
  audience: Names
  /**
   * Takes the token also in the header `cf-access-token`, where `cloudflared access curl` puts it. Access reads that
   * itself where it is in front; this is for a gateway that it is not in front of. Default false.
   */
  cloudflared?: boolean
  /**
   * Asks Access what else it knows of a person, for the routes that take this entry. An answer is believed for 60 s,
   * and an outage is 503. Default: nothing is asked.
   */
  identity?: IdentityOptions
}

const ASSERTION: TokenSource = { header: 'cf-access-jwt-assertion' }
const COOKIE: TokenSource = { cookie: 'CF_Authorization' }
const CLOUDFLARED: TokenSource = { header: 'cf-access-token', ambient: false }

const identity = optionsSchema<IdentityOptions>(
  {
    groups: v.exactOptional(
      told((by) =>
        by === 'id' || by === 'name'
          ? undefined
          : "must be 'id', or 'name' where only people you trust can name groups",
      ),
    ),
    devicePosture: v.exactOptional(flag),
  },
  { example: "{ groups: 'id' }", otherNames: { posture: 'devicePosture', roles: 'groups' } },
)

const schema = optionsSchema<CloudflareAccessOptions>(
  {
    team: v.pipe(
      textLike("'acme'"),
      v.regex(
        /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
        "must be the name of the team alone: 'acme' of acme.cloudflareaccess.com",
      ),
    ),
    audience: names(
      v.pipe(
        textLike('env.ACCESS_AUD'),
        v.regex(
          /^[0-9a-f]{64}$/,
          'must be the Application Audience (AUD) Tag, which has 64 characters of 0-9 and a-f',
        ),
      ),
    ),
    cloudflared: v.exactOptional(flag),
    identity: v.exactOptional(identity),
    clockSkewSeconds: commonEntries.clockSkewSeconds,
    maxTokenLength: commonEntries.maxTokenLength,
    rolesClaim: commonEntries.rolesClaim,
    via: commonEntries.via,
  },
  {
    example: "cloudflareAccess({ team: 'acme', audience: env.ACCESS_AUD })",
    examples: { team: "'acme'", audience: 'env.ACCESS_AUD' },
    otherNames: {
      aud: 'audience',
      teamName: 'team',
      teamDomain: 'team',
      domain: 'team',
      issuer: 'team',
      groups: "Did you mean identity: { groups: 'id' }?",
      devicePosture: 'Did you mean identity: { devicePosture: true }?',
      tokenFrom:
        'Access has places of its own. For "cloudflared access curl" write cloudflared: true',
    },
  },
)

const UNKNOWN = { issuer: '', servesClients: false, takesOpaqueTokens: false }

/**
 * People and service tokens that Access has let in: by `ctx.access` where it guards the Worker, by
 * `Cf-Access-Jwt-Assertion`, or by the cookie `CF_Authorization`. The subject of a service token is its client id.
 */
export function cloudflareAccess(options: CloudflareAccessOptions): SchemeFeature {
  return {
    get oauth() {
      if (!v.is(schema, options)) return UNKNOWN
      const [aud = ''] = listOf(options.audience)
      return { ...UNKNOWN, issuer: issuerOf(options), exampleClaims: { aud, type: 'app' } }
    },

    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },

    compile: (name, house) => accessScheme(name, options, house),
  }
}

function issuerOf({ team }: CloudflareAccessOptions): string {
  return `https://${team}.cloudflareaccess.com`
}

function accessScheme(
  name: string,
  options: CloudflareAccessOptions,
  house: House,
): Scheme & Extras {
  const { via, cloudflared = false, identity } = options
  const issuer = issuerOf(options)
  const audiences = listOf(options.audience)
  const tokens = bearerScheme(
    name,
    {
      ...options,
      issuer,
      audiences,
      jwksUri: `${issuer}/cdn-cgi/access/certs`,
      algorithms: ['RS256'],
      subjectClaims: ['sub', 'common_name'],
      checkClaims,
    },
    house,
  )
  const fetch = via ? bound(via) : house.fetch
  const identities = identity && createIdentities(issuer, identity, fetch, house.now)
  const rules: PlatformRules = { name, issuer, identity, now: house.now }

  const verifyToken: Scheme['verify'] = async (evidence, inbound, scope) => {
    const verdict = await tokens.verify(evidence, inbound, scope)
    if (!identities || 'notMine' in verdict || verdict.principal.kind !== 'person') return verdict
    const principal = await identities.complete(verdict.principal, evidence.value, scope)
    return { ...verdict, principal }
  }

  return {
    ...tokens,
    withholds: [ASSERTION, COOKIE, CLOUDFLARED].map(placeOf),

    // What the gateway is told by who guards it, before what a browser has kept.
    find(inbound, { platform }) {
      const access = platform?.access
      const shown = cloudflared ? read(CLOUDFLARED, inbound) : undefined
      if (shown) return { ...shown, ambient: false }
      if (access && audiences.includes(access.aud)) {
        return { value: access.aud, place: 'platform', ambient: true }
      }
      return read(ASSERTION, inbound) ?? read(COOKIE, inbound)
    },

    async verify(evidence, inbound, scope) {
      const access = scope.platform?.access
      if (evidence.place !== 'platform' || !access) return verifyToken(evidence, inbound, scope)
      const person = await platformPrincipal(access, scope, rules)
      if (person) return { principal: person }
      const assertion = read(ASSERTION, inbound)
      if (assertion) return verifyToken(assertion, inbound, scope)
      return { principal: namelessClient(access, rules) }
    },

    // No registered scheme fits: Access has its token sent by itself.
    challenge(error) {
      const name = error && ERRORS[error.code]
      if (error && name === undefined) return undefined
      return `CloudflareAccess team="${options.team}"${name === undefined ? '' : `, error="${name}"`}`
    },
  }
}

const ERRORS: Readonly<Record<string, string>> = {
  invalid_token: 'invalid_token',
  multiple_credentials: 'invalid_request',
}

function read(source: TokenSource, { request }: Inbound): Evidence | undefined {
  const value = readSource(source, request.headers)
  return value === undefined ? undefined : { value, place: placeOf(source), ambient: true }
}

/** `org` is the session of a team, which is good for no application. A service token has an empty `sub`. */
function checkClaims({ type, sub, common_name: commonName }: JsonObject): void {
  if (type !== 'app') throw refused('the type of the token is not app')
  const isSomebody = typeof sub === 'string' && sub !== ''
  if (!isSomebody && (sub !== '' || typeof commonName !== 'string' || commonName === '')) {
    throw refused('the token names neither a person nor a service token')
  }
}

function refused(reason: string): GatewayError {
  return new GatewayError('invalid_token', { reason })
}
