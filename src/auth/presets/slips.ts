/**
 * Issuers that an owner writes from memory and that no token has, so that every one would be refused. Said where
 * the file is checked, which is sooner than the first 401.
 */

const SLIPS: readonly (readonly [issuer: RegExp, problem: string])[] = [
  [/[{}<>]/, 'has a placeholder in { } or < >. Write what belongs there'],
  [/^https:\/\/[^/]+\.auth0\.com$/, 'needs a slash at its end: Auth0 has one in iss'],
  [
    /^https:\/\/login\.microsoftonline\.com\/[^/]+\/?$/,
    'lacks /v2.0; tokens of version 1 have https://sts.windows.net/<tenant>/ instead: entra() takes both',
  ],
  [/^https:\/\/sts\.windows\.net\/[^/]+$/, 'needs a slash at its end: Entra has one in iss'],
  [
    /^https:\/\/[^/]+\.(?:okta|oktapreview)\.com\/?$/,
    'is the authorization server of the organization, whose tokens are for Okta alone: use /oauth2/default or another one',
  ],
  [
    /^https:\/\/cognito-idp\.[^/]+\//,
    'is Cognito, whose access tokens have no aud and whose id tokens would get in: use cognito()',
  ],
  [/^https:\/\/[^/]+\.supabase\.co\/?$/, 'lacks /auth/v1'],
  [/^https:\/\/[^/]+\.logto\.app\/?$/, 'lacks /oidc'],
]

/** What is wrong with an issuer; undefined where nothing is known to be. */
export function slipIn(issuer: string): string | undefined {
  return SLIPS.find(([pattern]) => pattern.test(issuer))?.[1]
}
