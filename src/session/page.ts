/** A page for a person whose login did not work. One file, without scripts, in light and dark. */

const STYLE = `
:root { color-scheme: light dark }
body { font: 1.0625rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.25rem }
h1 { font-size: 1.5rem; line-height: 1.25 }
a { color: light-dark(#0b57d0, #a8c7fa) }
a:focus-visible { outline: 3px solid; outline-offset: 3px }
`

export interface PageText {
  readonly title: string
  readonly text: string
  /** Paths of this origin. */
  readonly link: { readonly to: string; readonly text: string }
}

export function page({ title, text, link }: PageText): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
<p><a href="${escapeHtml(link.to)}">${escapeHtml(link.text)}</a></p>
</main>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
