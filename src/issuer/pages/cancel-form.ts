/** The way out of a step. */

import { type Html, html } from './html.ts'

export function cancelForm(action: string, label = 'Cancel'): Html {
  return html`<form method="post" action="${action}/abort">
<button type="submit" class="plain">${label}</button>
</form>`
}
