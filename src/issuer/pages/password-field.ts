/** A field for a password, which the person can make readable where scripts run. */

import { type Html, html } from './html.ts'

export interface PasswordField {
  id: string
  label: string
  autocomplete: 'current-password' | 'new-password'
  autofocus?: boolean
  describedBy?: string
}

export function passwordField(field: PasswordField): Html {
  const { id, label, autocomplete, autofocus, describedBy } = field
  return html`<label for="${id}">${label}</label>
<div class="field">
<input id="${id}" name="${id}" type="password" autocomplete="${autocomplete}" maxlength="1024" required${describedBy !== undefined && html` aria-describedby="${describedBy}"`}${autofocus && html` autofocus`}>
<button type="button" class="reveal" data-reveal="${id}" aria-pressed="false" hidden>Show</button>
</div>`
}
