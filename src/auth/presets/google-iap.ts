/** Google's Identity-Aware Proxy in front of the gateway: a signed header that the proxy sets. */

import * as v from 'valibot'
import { textLike } from '../../options/schemas.ts'
import type { CommonOptions } from './common.ts'
import { listOf, type Names, names, provider } from './provider.ts'

export interface GoogleIapOptions extends CommonOptions {
  /** `/projects/123456789/global/backendServices/987654321`, as the console shows it. */
  audience: Names
}

/** The assertion in `x-goog-iap-jwt-assertion`. The proxy makes it of a cookie, so it is no sign of intent. */
export const googleIap = provider<GoogleIapOptions>({
  entries: {
    audience: names(
      v.pipe(
        textLike("'/projects/123456789/global/backendServices/987654321'"),
        v.regex(
          /^\/projects\/\d+\/.+/,
          'must be like /projects/123456789/global/backendServices/987654321, with the number of the project',
        ),
      ),
    ),
  },
  issuers: () => ['https://cloud.google.com/iap'],
  jwksUri: () => 'https://www.gstatic.com/iap/verify/public_key-jwk',
  audiences: ({ audience }) => listOf(audience),
  tokenFrom: [{ header: 'x-goog-iap-jwt-assertion', ambient: true }],
})
