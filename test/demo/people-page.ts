// The sample page of `npm run demo`: sign in, who am I, a protected call, sign out. It works without JavaScript;
// with it, a call to the API shows its answer, and a session that ends elsewhere is noticed.

import type { Principal } from '../../src/auth/principal.ts'

const STYLE = `
:root { color-scheme: light dark; --edge: light-dark(#c4c7c5, #5b5f62); --link: light-dark(#0b57d0, #a8c7fa) }
* { box-sizing: border-box }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 0 auto; padding: 2.5rem 1.25rem }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem }
a { color: var(--link) }
nav, form { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 }
button, .button { font: inherit; padding: .55rem 1.1rem; border: 1px solid var(--edge); border-radius: .5rem;
  background: light-dark(#fff, #1f2023); color: inherit; text-decoration: none; cursor: pointer }
.main { background: var(--link); border-color: var(--link); color: light-dark(#fff, #062e6f) }
:focus-visible { outline: 3px solid var(--link); outline-offset: 3px }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: 1rem 0 }
dt { opacity: .75 } dd { margin: 0; overflow-wrap: anywhere }
pre { padding: 1rem; border: 1px solid var(--edge); border-radius: .5rem; white-space: pre-wrap; overflow-wrap: anywhere }
pre:empty { display: none }
`

export const SCRIPT = `
const output = document.querySelector('output')
document.querySelector('#call')?.addEventListener('click', async () => {
  const response = await fetch('/people/api')
  output.textContent = response.status + '\\n' + JSON.stringify(await response.json(), null, 2)
})
document.querySelector('#refresh')?.addEventListener('click', async () => {
  const response = await fetch('/auth/refresh', { method: 'POST' })
  output.textContent = response.status + '\\n' + JSON.stringify(await response.json(), null, 2)
})
// Another tab may have signed out in the meantime.
addEventListener('focus', async () => {
  const { status } = await fetch('/auth/me')
  const shown = document.querySelector('#call') !== null
  if ((status === 200) !== shown) location.reload()
})
`

/** A handler: what it is told about the caller is verified. */
export function peoplePage(_request: Request, principal: Principal | undefined): Response {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>People with browsers</title>
<style>${STYLE}</style>
<main>
<h1>People with browsers</h1>
${principal ? signedIn(principal) : SIGNED_OUT}
</main>
<script src="/people/script.js" type="module"></script>
</html>`
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'private, no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    },
  })
}

export function peopleScript(): Response {
  return new Response(SCRIPT, { headers: { 'content-type': 'text/javascript; charset=utf-8' } })
}

const SIGNED_OUT = `<p>You are not signed in. The gateway keeps your tokens; this page never sees one.</p>
<nav>
<a class="button main" href="/auth/login?return_to=/people">Sign in</a>
<a class="button" href="/people/private">A page that asks you to</a>
</nav>`

function signedIn({ subject = '', issuer, expiresAt, scopes }: Principal): string {
  const facts = {
    'You are': subject,
    'says the issuer': issuer,
    'with the scopes': [...scopes].join(' ') || 'none',
    'and a token until': new Date(expiresAt * 1_000).toISOString(),
  }
  const rows = Object.entries(facts).map(
    ([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`,
  )
  return `<p>You are signed in, and your browser has nothing but a cookie.</p>
<dl>${rows.join('')}</dl>
<nav>
<button id="call" type="button">Call the API</button>
<button id="refresh" type="button">Refresh now</button>
<a class="button" href="/people/private">The private page</a>
</nav>
<output aria-live="polite" style="display:block; white-space: pre-wrap; overflow-wrap: anywhere"></output>
<form method="post" action="/auth/logout"><button class="main">Sign out</button></form>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
