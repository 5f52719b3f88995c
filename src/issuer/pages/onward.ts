/** The page between a form and where it leads. */

import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

export interface OnwardPage {
  title: string
  target: string
  /** False for the scheme of an application. */
  isWeb: boolean
}

export function onwardPage({ title, target, isWeb }: OnwardPage): Html {
  return layout(
    title,
    html`<h1>${isWeb ? 'One moment' : 'Back to the application'}</h1>
<p>${isWeb ? 'If nothing happens, go on yourself.' : 'You can close this page afterwards.'}</p>
<p><a class="button" href="${target}">Continue</a></p>`,
    html`<meta http-equiv="refresh" content="0;url=${target}">`,
  )
}
