/** Amazon Cognito: access tokens without an audience, beside id tokens that have one. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import type { CommonOptions } from './common.ts'
import { listOf, type Names, names, provider } from './provider.ts'

export interface CognitoOptions extends CommonOptions {
  /** For example `eu-west-1_AbCdEfGhI`. */
  userPoolId: string
  /** The app clients whose users may come: what an access token says in `client_id`. */
  clientId: Names
}

/** Access tokens of a user pool. Roles are its groups; scopes read like `orders/read`. */
export const cognito = provider<CognitoOptions>({
  entries: {
    userPoolId: v.pipe(
      textLike("'eu-west-1_AbCdEfGhI'"),
      v.regex(
        /^[a-z]{2}(?:-[a-z]+)+-\d_[A-Za-z0-9]+$/,
        'must be the id of the user pool, for example eu-west-1_AbCdEfGhI',
      ),
    ),
    clientId: names(
      v.pipe(
        textLike('env.CLIENT_ID'),
        v.regex(
          /^[a-z0-9]+$/,
          'must be the id of an app client: access tokens have no other audience, and none of an API',
        ),
      ),
    ),
  },
  issuers: ({ userPoolId }) => {
    const region = userPoolId.split('_', 1)[0] ?? ''
    const suffix = region.startsWith('cn-') ? '.cn' : ''
    return [`https://cognito-idp.${region}.amazonaws.com${suffix}/${userPoolId}`]
  },
  audiences: ({ clientId }) => listOf(clientId),
  audienceClaims: () => ['client_id'],
  roles: () => 'cognito:groups',
  wants: { claims: ['token_use'], values: ['access'] },
})
