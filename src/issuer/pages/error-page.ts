/** What went wrong, in a person's words, and a way on. */

import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

interface Explanation {
  heading: string
  text: string
}

const START_AGAIN = 'Go back to the application you came from and start again.'

const EXPLANATIONS: Record<string, Explanation> = {
  invalid_client: {
    heading: 'This application is not known here',
    text: 'Its owner has to set it up before people can sign in to it.',
  },
  invalid_redirect_uri: {
    heading: 'This application is not set up well',
    text: 'It wants you to be sent to an address that is not registered for it, so you were not.',
  },
  invalid_request_uri: { heading: 'This link was used before', text: START_AGAIN },
  temporarily_unavailable: {
    heading: 'Too much at once',
    text: 'Wait a minute, and try again.',
  },
  server_error: {
    heading: 'Something is wrong on our side',
    text: 'It is not your fault. Try again in a while.',
  },
  login_required: {
    heading: 'You are not signed in',
    text: 'Sign in through an application first, then open this page again.',
  },
  expired: { heading: 'This sign-in is over', text: START_AGAIN },
  link_over: {
    heading: 'This link is over',
    text: 'It was used before, or it is too old. Ask for another one.',
  },
  csrf: {
    heading: 'This form came from elsewhere',
    text: 'Nothing was done. Open the page anew and try again.',
  },
  not_found: { heading: 'There is no such page', text: START_AGAIN },
  method_not_allowed: { heading: 'This page is not opened like this', text: START_AGAIN },
}

/** `description` is for whoever looks after the application. */
export function errorPage(title: string, code: string, description: string | undefined): Html {
  const { heading, text } = EXPLANATIONS[code] ?? {
    heading: 'This did not work',
    text: START_AGAIN,
  }
  return layout(
    heading,
    html`<h1>${heading}</h1>
<p>${text}</p>
<p class="muted">${title}: ${code}${description !== undefined && html` (${description})`}</p>`,
  )
}
