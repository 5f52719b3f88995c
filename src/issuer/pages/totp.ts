/** The pages of authenticator apps: setting one up, and the code that follows a password. */

import { ACCOUNT_PATH } from './account-page.ts'
import { cancelForm } from './cancel-form.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { qrCode } from './qr-code.ts'

export interface TotpSetupPage {
  title: string
  secret: string
  url: string
  problem?: string
}

export function totpSetupPage({ title, secret, url, problem }: TotpSetupPage): Html {
  const key = (secret.match(/.{4}/g) ?? []).join(' ')
  return layout(
    title,
    html`<h1>Set up an authenticator app</h1>
<p>Let the app on your phone read this picture. If the app is on this device, <a href="${url}">open it</a>.</p>
${qrCode(url, `QR code with the key ${key}`)}
<p>Or type this key into the app:<br>
<strong class="code">${key}</strong></p>
${problem !== undefined && html`<p class="alert" role="alert" id="problem">${problem}</p>`}
<form method="post" action="${ACCOUNT_PATH}/totp-confirm">
${codeField('Code that the app shows', problem)}
<button type="submit">Switch it on</button>
</form>
<form method="get" action="${ACCOUNT_PATH}"><button type="submit" class="plain">Not now</button></form>`,
  )
}

export interface CodePage {
  title: string
  /** Of the interaction. */
  action: string
  problem?: string
}

export function codePage({ title, action, problem }: CodePage): Html {
  return layout(
    title,
    html`<h1>One more step</h1>
<p>Type the code that your authenticator app shows now.</p>
${problem !== undefined && html`<p class="alert" role="alert" id="problem">${problem}</p>`}
<form method="post" action="${action}/code">
${codeField('Code', problem)}
<button type="submit">Sign in</button>
</form>
${cancelForm(action)}`,
  )
}

function codeField(label: string, problem: string | undefined): Html {
  return html`<label for="code">${label}</label>
<input id="code" name="code" class="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9" required autofocus${problem !== undefined && html` aria-describedby="problem"`}>`
}
