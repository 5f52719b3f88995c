/** The form that an authenticator fills in, by the one script. */

import { type Html, html } from './html.ts'

export interface PasskeyForm {
  action: string
  kind: 'get' | 'create'
  label: string
  fields?: Html
}

export function passkeyForm({ action, kind, label, fields }: PasskeyForm): Html {
  return html`<form method="post" action="${action}/passkey" data-passkey="${action}/passkey-options" data-kind="${kind}" hidden>
<input type="hidden" name="response">
${fields}
<p class="alert" role="alert" hidden>The passkey did not work. Try again, or use another way.</p>
<button type="submit" class="plain">${label}</button>
</form>
<script src="/interaction/script.js" defer></script>`
}
