/** A page for people in browsers, in the look of your own site. */

import type { RefusalPage } from '@gatehouse/gateway/refusal'

const TEXTS: Readonly<Record<string, string>> = {
  credential_missing: 'Please sign in first.',
  invalid_token: 'Your session has ended. Please sign in again.',
  forbidden: 'Your account may not see this page.',
  not_found: 'There is no such page.',
}

/** Programs ask for JSON, or for anything; they get the problem document. */
export const blockPage: RefusalPage = ({ status, code, title, instance }, { headers }) => {
  if (!headers.get('accept')?.includes('text/html')) return undefined
  // All of it is text of the gateway and of this file, so that nothing has to be escaped. Whatever you add of the
  // request, for example its address, has to be.
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 32rem; margin: 15vh auto; padding: 0 1rem }</style>
<h1>${TEXTS[code] ?? title}</h1>
<p>If you think that this is a mistake, tell us this number: <code>${instance}</code></p>
</html>`
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    },
  })
}
