/** The login of the issuer of a test: everybody who is sent there is let in, as whoever the test says. */

import type { OAuthIssuer } from '../auth/feature.ts'

export interface Login {
  readonly oauth: OAuthIssuer
  /** Set over the claims of the access token and of the ID token. */
  readonly claims: object
}

export interface TokenEndpoint {
  /** Follows the address of a login page: the address that the browser is sent back to. */
  signIn(loginPage: string, login: Login): string
  answer(request: Request): Promise<Response>
}

type Mint = (oauth: OAuthIssuer, claims: object, type?: string) => Promise<string>

const ACCESS_SECONDS = 300

export function createTokenEndpoint(mint: Mint): TokenEndpoint {
  const logins = new Map<
    string,
    Login & { readonly clientId: string; readonly nonce: string | null }
  >()

  return {
    signIn(loginPage, login) {
      const { searchParams } = new URL(loginPage)
      const code = crypto.randomUUID()
      const clientId = searchParams.get('client_id') ?? ''
      logins.set(code, { ...login, clientId, nonce: searchParams.get('nonce') })
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('code', code)
      back.searchParams.set('state', searchParams.get('state') ?? '')
      return back.href
    },

    async answer(request) {
      const form = new URLSearchParams(await request.text())
      // A refresh token is its code, so that a session lives on beyond its first access token.
      const code = form.get('code') ?? form.get('refresh_token') ?? ''
      const login = logins.get(code)
      if (!login) return Response.json({ error: 'invalid_grant' }, { status: 400 })
      const { oauth, claims, clientId, nonce } = login
      const own = { aud: clientId, scope: undefined }
      const idClaims = { ...claims, ...own, ...(form.has('code') && nonce !== null && { nonce }) }
      return Response.json({
        access_token: await mint(oauth, claims),
        id_token: await mint(oauth, idClaims, 'JWT'),
        refresh_token: code,
        token_type: 'Bearer',
        expires_in: ACCESS_SECONDS,
      })
    },
  }
}
