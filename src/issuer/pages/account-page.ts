/** The pages on which a person looks after their sign-in. Nothing here decides anything. */

import type { Passkey } from '../storage/passkeys.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { passkeyForm } from './passkey-form.ts'
import { passwordField } from './password-field.ts'

export const ACCOUNT_PATH = '/oauth2/account'

/** A browser in which the person is signed in. */
export interface ShownSession {
  uid: string
  /** Unix seconds. */
  since: number
  isThisOne: boolean
}

/** What the person allowed an application, in one browser or in several. */
export interface ShownGrant {
  ids: string[]
  client: string
  scopes: string[]
}

/** The person's mail address, as far as there is one. */
export interface ShownEmail {
  address: string | undefined
  isVerified: boolean
  /** Whether this server can send a link to it. */
  canSend: boolean
}

export interface AccountPage {
  title: string
  login: string
  passkeys: Passkey[]
  hasTotp: boolean
  email: ShownEmail
  sessions: ShownSession[]
  grants: ShownGrant[]
  /** Whether the session is young enough for changes of how the person signs in. */
  fresh: boolean
  /** What was done, or why it was not. */
  notice?: { text: string; isProblem: boolean }
}

export function accountPage(page: AccountPage): Html {
  const { title, login, notice, fresh } = page
  return layout(
    title,
    html`<h1>Your account</h1>
<p class="muted">Signed in as ${login}</p>
${notice && html`<p class="${notice.isProblem ? 'alert' : 'done'}" role="${notice.isProblem ? 'alert' : 'status'}">${notice.text}</p>`}
${!fresh && html`<p>To change how you sign in, sign out and sign in again first.</p>`}
${passkeySection(page)}
${fresh && passwordSection()}
${totpSection(page)}
${(page.email.canSend || page.email.address !== undefined) && emailSection(page)}
${sessionSection(page.sessions)}
${grantSection(page.grants)}
<form method="get" action="/oauth2/logout"><button type="submit" class="plain">Sign out</button></form>`,
  )
}

/** Asks before a passkey goes. */
export function removePasskeyPage(title: string, passkey: Passkey): Html {
  return layout(
    title,
    html`<h1>Remove ${nameOf(passkey)}?</h1>
<p>You will not be able to sign in with it any more. The device keeps it until you delete it there.</p>
<form method="post" action="${ACCOUNT_PATH}/remove">
<input type="hidden" name="id" value="${passkey.id}">
<button type="submit">Remove</button>
</form>
<form method="get" action="${ACCOUNT_PATH}"><button type="submit" class="plain">Keep it</button></form>`,
  )
}

function passkeySection({ passkeys, fresh }: AccountPage): Html {
  return html`<h2>Passkeys</h2>
${passkeys.length === 0 && html`<p>You have none yet. A passkey signs you in without a password.</p>`}
${
  passkeys.length > 0 &&
  html`<ul class="plain">${passkeys.map(
    (passkey) => html`<li><strong>${nameOf(passkey)}</strong>
<span class="muted">added ${day(passkey.createdAt)}, ${passkey.usedAt === null ? 'not used yet' : html`last used ${day(passkey.usedAt)}`}</span>${
      fresh &&
      html`<form method="get" action="${ACCOUNT_PATH}/remove">
<input type="hidden" name="id" value="${passkey.id}">
<button type="submit" class="link">Remove ${nameOf(passkey)}</button>
</form>`
    }</li>`,
  )}</ul>`
}
${
  fresh &&
  passkeyForm({
    action: ACCOUNT_PATH,
    kind: 'create',
    label: 'Add a passkey',
    fields: html`<label for="name">Name of the new passkey <span class="muted">(such as “my phone”)</span></label>
<input id="name" name="name" maxlength="60" autocomplete="off">`,
  })
}`
}

function passwordSection(): Html {
  return html`<h2>Password</h2>
<form method="post" action="${ACCOUNT_PATH}/password">
${passwordField({ id: 'current', label: 'Current password', autocomplete: 'current-password' })}
${passwordField({ id: 'new', label: 'New password (8 characters or more)', autocomplete: 'new-password' })}
<button type="submit" class="plain">Change the password</button>
</form>`
}

function totpSection({ hasTotp, fresh }: AccountPage): Html {
  const [text, step, label] = hasTotp
    ? ['Signing in with your password takes a code of your app as well.', 'remove', 'Switch it off']
    : ['With one, a password alone does not sign in. A passkey needs none.', 'start', 'Set one up']
  return html`<h2>Authenticator app</h2>
<p>${text}</p>
${
  fresh &&
  html`<form method="post" action="${ACCOUNT_PATH}/totp-${step}">
<button type="submit" class="plain">${label}</button>
</form>`
}`
}

function emailSection({ email: { address, isVerified, canSend }, fresh }: AccountPage): Html {
  const state = isVerified ? 'verified' : 'not verified'
  return html`<h2>Email address</h2>
<p>${address === undefined ? 'You have none here.' : html`<strong>${address}</strong> <span class="muted">(${state})</span>`}</p>
${
  canSend &&
  fresh &&
  html`<form method="post" action="${ACCOUNT_PATH}/email">
<label for="email">Address to verify</label>
<input id="email" name="email" type="email" value="${isVerified ? '' : address}" autocomplete="email" maxlength="254" required>
<button type="submit" class="plain">Send a link to it</button>
</form>`
}`
}

function sessionSection(sessions: ShownSession[]): Html {
  return html`<h2>Where you are signed in</h2>
<ul class="plain">${sessions.map(
    ({
      uid,
      since,
      isThisOne,
    }) => html`<li>${isThisOne ? html`<strong>This browser</strong>` : 'Another browser'}
<span class="muted">since ${day(since)}</span>${
      !isThisOne &&
      html`<form method="post" action="${ACCOUNT_PATH}/end-session">
<input type="hidden" name="uid" value="${uid}">
<button type="submit" class="link">Sign out there</button>
</form>`
    }</li>`,
  )}</ul>`
}

function grantSection(grants: ShownGrant[]): Html {
  return html`<h2>Applications you allowed</h2>
${grants.length === 0 && html`<p>There are none.</p>`}
<ul class="plain">${grants.map(
    ({ ids, client, scopes }) => html`<li><strong>${client}</strong>
<span class="muted">${scopes.join(', ')}</span>
<form method="post" action="${ACCOUNT_PATH}/end-grant">
${ids.map((id) => html`<input type="hidden" name="id" value="${id}">`)}
<button type="submit" class="link">End the access of ${client}</button>
</form></li>`,
  )}</ul>`
}

function nameOf({ name, createdAt }: Passkey): string {
  return name || `Passkey of ${dateOf(createdAt)}`
}

function day(at: number): Html {
  return html`<time datetime="${dateOf(at)}">${dateOf(at)}</time>`
}

function dateOf(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 10)
}
