/** Where a request goes when it leaves, with what is known of it. */

import type { Principal } from '../auth/principal.ts'
import type { Inbound } from '../auth/scheme.ts'
import { originOf } from '../router.ts'
import type { HeaderRules } from './header-rules.ts'
import { originPath, type PathMapping } from './location.ts'
import type { Departure, HeaderChanges } from './request.ts'
import { cfFor, type Target, targetUrl } from './target.ts'
import type { ByteCount } from './upload.ts'
import { withoutParameters } from './withheld.ts'

/** What has to be known of a route. */
export interface Way {
  readonly target: Target
  readonly mapping: PathMapping
  readonly isPublic: boolean
  readonly parts: { readonly bodyLimit?: { count(): ByteCount } }
}

export function departureOf(
  { request, location, path }: Inbound,
  { target, mapping, isPublic, parts }: Way,
  rules: HeaderRules,
  principal: Principal | undefined,
  proof: string | undefined,
  onward: HeaderChanges | undefined,
): Departure {
  const search = withoutParameters(location.search, rules.withheld.parameters)
  const url = targetUrl(target, originOf(location), originPath(path, mapping) + search)
  const cf = cfFor(target, isPublic, request)
  const countBody = parts.bodyLimit?.count
  return { url, location, rules, principal, proof, onward, countBody, cf }
}
