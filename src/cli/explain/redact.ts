/** What is shown on a terminal gets into its history and into tickets: no credential is. */

const HIDDEN = '<hidden>'
const CREDENTIALS = /^(?:authorization|proxy-authorization|cookie|set-cookie)$/
/** A compact JWS anywhere in a text. */
const JWS = /\bey[\w-]+\.[\w-]+\.[\w-]*/g

/** The text without the secrets, and without anything that looks like a token. */
export function redact(text: string, secrets: readonly string[], header = ''): string {
  if (CREDENTIALS.test(header)) return HIDDEN
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)])
  const hidden = forms
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text)
  return hidden.replace(JWS, HIDDEN)
}
