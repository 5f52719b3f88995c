/** What all pages have in common. */

import { type Html, html } from './html.ts'

/** `head` is more for the head of the page. */
export function layout(title: string, content: Html, head?: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="/interaction/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/interaction/style.css">
${head}
</head>
<body>
<main>
${content}
</main>
</body>
</html>`
}
