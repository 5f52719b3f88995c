/** Requests of a person who goes to a page, told from those that a program makes. */

/**
 * Whether a browser is going to show the answer as a page (Fetch Metadata). Where it does not say so, because it is
 * old, whoever asks for HTML by name is taken for one.
 */
export function isNavigation({ headers }: Request): boolean {
  const mode = headers.get('sec-fetch-mode')
  if (mode !== null) return mode === 'navigate'
  return /\btext\/html\b/.test(headers.get('accept') ?? '')
}
