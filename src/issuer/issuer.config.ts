/** The one file an owner of the authorization server edits: its APIs and their scopes. */

import { defineIssuer } from './config.ts'

export default defineIssuer((env) => ({
  apis: [
    {
      audience: env.API_AUDIENCE ?? '',
      scopes: Object.fromEntries(
        (env.API_SCOPES ?? '').split(' ').flatMap((scope) => (scope ? [[scope, scope]] : [])),
      ),
    },
  ],
  ...(env.API_AUDIENCE && { defaultAudience: env.API_AUDIENCE }),
}))
