/** A page for a person whose login did not work. One file, without scripts, in light and dark. */

import type { Endpoint } from '../auth/feature.ts'
import { ERROR_CODES, GatewayError, toGatewayError } from '../errors.ts'

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

/** An endpoint that people go to: whatever it refuses, they get a page, which leads on to `again`. */
export function withPages(endpoint: Endpoint, again: string): Endpoint {
  return {
    ...endpoint,
    async handle(inbound, scope) {
      try {
        return await endpoint.handle(inbound, scope)
      } catch (error) {
        throw withPage(error, again)
      }
    },
  }
}

/** The same refusal with a page, where it has none. */
export function withPage(error: unknown, again: string): GatewayError {
  const refusal = toGatewayError(error)
  const { code, status, message, options } = refusal
  if (options.page !== undefined) return refusal
  const text = status < 500 ? 'Go on' : 'Try again'
  const html = page({ ...explain(refusal), link: { to: again, text } })
  return new GatewayError(code, { reason: message, ...options, page: html })
}

function explain({ code, status, options }: GatewayError): Omit<PageText, 'link'> {
  const [, title, detail] = ERROR_CODES[code]
  if (status < 500) return { title, text: options.detail ?? detail }
  return {
    title: 'This does not work right now',
    text: 'Something that it needs does not answer. Nothing is wrong with what you did: try again in a moment.',
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
