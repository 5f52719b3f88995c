/** Zitadel: roles as the members of an object, and id tokens that have the audience of access tokens. */

import * as v from 'valibot'
import { type CommonOptions, secureUrl } from './common.ts'
import { listOf, type Names, names, provider, withoutSlash } from './provider.ts'

export interface ZitadelOptions extends CommonOptions {
  /** The instance, for example `https://acme-x1y2z3.zitadel.cloud`: `iss`, without a slash at its end. */
  url: string
  /** The id of the project, or of an application. */
  audience: Names
  /** The project whose roles count. Default: that of the application that the token was made for. */
  project?: string | undefined
}

const ROLES = 'urn:zitadel:iam:org:project'

/** Access tokens as JWTs (the application's token settings). Roles are those in the project. */
export const zitadel = provider<ZitadelOptions>({
  entries: {
    url: v.pipe(
      secureUrl,
      v.regex(/^https?:\/\/[^/]+\/?$/, 'must be the origin of the instance alone'),
    ),
    audience: names(),
    project: v.exactOptional(
      v.pipe(v.string(), v.regex(/^\d+$/, 'must be the id of a project, which is a number')),
    ),
  },
  issuers: ({ url }) => [withoutSlash(url)],
  audiences: ({ audience }) => listOf(audience),
  roles: ({ project }) => (project === undefined ? `${ROLES}:roles` : `${ROLES}:${project}:roles`),
  // Of both kinds, only an access token has an id of its own, and only an id token says how somebody signed in.
  wants: { claims: ['jti'] },
  lacks: ['amr', 'auth_time', 'at_hash'],
})
