/** Google: id tokens of people and service accounts. Its access tokens are opaque and for its own APIs. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import type { CommonOptions } from './common.ts'
import { listOf, type Names, names, provider } from './provider.ts'

export interface GoogleOptions extends CommonOptions {
  /** The OAuth client, or the audience that a service account asked for: what `aud` says. */
  clientId: Names
  /** Workspace domains whose people may come. Default: everybody who has an account at Google. */
  hostedDomain?: Names | undefined
}

/** Id tokens, which Google has two spellings of its name in. There are no scopes and no roles in them. */
export const google = provider<GoogleOptions>({
  entries: {
    clientId: names(
      v.pipe(
        textLike('env.CLIENT_ID'),
        v.regex(
          /^(?!\d+-[a-z0-9]+$)/,
          'must be the whole client id: it ends with .apps.googleusercontent.com',
        ),
      ),
    ),
    hostedDomain: v.exactOptional(names()),
  },
  issuers: () => ['https://accounts.google.com', 'accounts.google.com'],
  jwksUri: () => 'https://www.googleapis.com/oauth2/v3/certs',
  audiences: ({ clientId }) => listOf(clientId),
  refuses: ({ hd }, { hostedDomain }) =>
    hostedDomain === undefined || listOf(hostedDomain).includes(hd as string)
      ? undefined
      : 'hd is not one of the hosted domains',
})
