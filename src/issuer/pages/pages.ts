/** Every page a person can meet here, as markup. Nothing here decides anything. */

import type { Context } from 'oidc-provider/lib/provider.js'
import { cancelForm } from './cancel-form.ts'
import { errorPage } from './error-page.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { readOwnForm } from './library-form.ts'
import { passkeyForm } from './passkey-form.ts'
import { passwordField } from './password-field.ts'
import { send } from './send.ts'

/** The pages that oidc-provider asks for by itself. */
export interface Pages {
  error(ctx: Context, out: { error: string; error_description?: string }): Promise<void>
  confirmLogout(ctx: Context, form: string): Promise<void>
  loggedOut(ctx: Context): Promise<void>
}

export function createPages(title: string): Pages {
  return {
    async error(ctx, out) {
      send(ctx, errorPage(title, out.error, out.error_description))
    },
    async confirmLogout(ctx, form) {
      send(ctx, confirmLogoutPage(title, form))
    },
    async loggedOut(ctx) {
      send(ctx, loggedOutPage(title))
    },
  }
}

export interface SignInPage {
  title: string
  action: string
  client: string
  /** Whether the owner has a logo to show. */
  hasLogo: boolean
  /** Whether a forgotten password can be replaced by mail. */
  canReset: boolean
  /** The name of another provider to sign in at. */
  upstream: string | undefined
  login: string
  /** Why the last attempt did not succeed. */
  problem?: string
}

export function signInPage(page: SignInPage): Html {
  const { title, action, client, hasLogo, canReset, upstream, login, problem } = page
  return layout(
    title,
    html`${hasLogo && html`<img class="logo" src="/interaction/logo.svg" alt="">`}
<h1>${title}</h1>
<p class="muted">to continue to ${client}</p>
${problem !== undefined && html`<p class="alert" role="alert" id="problem">${problem}</p>`}
<form method="post" action="${action}/login">
<label for="login">Name or email</label>
<input id="login" name="login" value="${login}" autocomplete="username webauthn" autocapitalize="none" spellcheck="false" maxlength="254" required${login === '' && html` autofocus`}>
${passwordField({
  id: 'password',
  label: 'Password',
  autocomplete: 'current-password',
  autofocus: login !== '',
  ...(problem !== undefined && { describedBy: 'problem' }),
})}
<button type="submit">Sign in</button>
</form>
${passkeyForm({ action, kind: 'get', label: 'Sign in with a passkey' })}
${
  upstream !== undefined &&
  html`<form method="post" action="${action}/upstream">
<button type="submit" class="plain">Continue with ${upstream}</button>
</form>`
}
${canReset && html`<p class="foot"><a href="/oauth2/password">Forgot your password?</a></p>`}
${cancelForm(action)}`,
  )
}

function confirmLogoutPage(title: string, form: string): Html {
  const { action, xsrf } = readOwnForm(form)
  return layout(
    title,
    html`<h1>Sign out?</h1>
<p>This ends your session here, and in the applications that listen for it.</p>
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<button type="submit" name="logout" value="yes">Sign out</button>
<button type="submit" class="plain">Stay signed in</button>
</form>`,
  )
}

function loggedOutPage(title: string): Html {
  return layout(
    title,
    html`<h1>Signed out</h1>
<p>You can close this page.</p>`,
  )
}
