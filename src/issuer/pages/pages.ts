/** Every page a person can meet here, as markup. Nothing here decides anything. */

import type { Context } from 'oidc-provider/lib/provider.js'
import type { Passkey } from '../storage/passkeys.ts'
import { cancelForm } from './cancel-form.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { readOwnForm } from './library-form.ts'
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
  login: string
  /** Why the last attempt did not succeed. */
  problem?: string
}

export function signInPage({ title, action, client, login, problem }: SignInPage): Html {
  return layout(
    title,
    html`<h1>${title}</h1>
<p class="muted">to continue to ${client}</p>
${problem !== undefined && html`<p class="alert" role="alert" id="problem">${problem}</p>`}
<form method="post" action="${action}/login">
<label for="login">Name or email</label>
<input id="login" name="login" value="${login}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required${login === '' && html` autofocus`}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${problem !== undefined && html` aria-describedby="problem"`}${login !== '' && html` autofocus`}>
<button type="submit">Sign in</button>
</form>
${passkeyForm({ action, kind: 'get', label: 'Sign in with a passkey' })}
${cancelForm(action)}`,
  )
}

export interface AccountPage {
  title: string
  action: string
  login: string
  passkeys: Passkey[]
  /** Whether the session is young enough for changes. */
  fresh: boolean
}

export function accountPage({ title, action, login, passkeys, fresh }: AccountPage): Html {
  return layout(
    title,
    html`<h1>Your passkeys</h1>
<p class="muted">Signed in as ${login}</p>
${passkeys.length === 0 && html`<p>You have none yet. A passkey signs you in without a password.</p>`}
${
  passkeys.length > 0 &&
  html`<ul class="plain">${passkeys.map(({ id, createdAt }) => {
    const day = new Date(createdAt * 1000).toISOString().slice(0, 10)
    return html`<li>Added on <time datetime="${day}">${day}</time>${
      fresh &&
      html`<form method="post" action="${action}/remove">
<input type="hidden" name="id" value="${id}">
<button type="submit" class="plain">Remove the passkey of ${day}</button>
</form>`
    }</li>`
  })}</ul>`
}
${fresh ? passkeyForm({ action, kind: 'create', label: 'Add a passkey' }) : html`<p>To change them, sign out and sign in again.</p>`}
<form method="get" action="/oauth2/logout"><button type="submit" class="plain">Sign out</button></form>`,
  )
}

export function errorPage(title: string, code: string, description: string | undefined): Html {
  return layout(
    'Something went wrong',
    html`<h1>This did not work</h1>
<p>Go back to the application you came from and start again.</p>
<p class="muted">${title}: ${code}${description !== undefined && html` (${description})`}</p>`,
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

function passkeyForm({
  action,
  kind,
  label,
}: {
  action: string
  kind: string
  label: string
}): Html {
  return html`<form method="post" action="${action}/passkey" data-passkey="${action}/passkey-options" data-kind="${kind}" hidden>
<input type="hidden" name="response">
<p class="alert" role="alert" hidden>The passkey did not work. Try again, or use another way.</p>
<button type="submit"${kind === 'get' && html` class="plain"`}>${label}</button>
</form>
<script src="/interaction/script.js" defer></script>`
}
