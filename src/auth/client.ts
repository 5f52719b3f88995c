/** Which application a credential was given to. */

import type { JsonObject } from '../lib/strict-json.ts'

/** RFC 9068 section 2.2, OpenID Connect Core section 2, FusionAuth's tokens, and Cloudflare Access's service tokens. */
const CLIENT_CLAIMS = ['client_id', 'azp', 'applicationId', 'common_name']

/** Its public name (RFC 6749 section 2.2); undefined where the claims have none. */
export function clientOf(claims: JsonObject): string | undefined {
  for (const name of CLIENT_CLAIMS) {
    const value = claims[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}
