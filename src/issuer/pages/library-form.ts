/** A form that oidc-provider made: only its two values are taken over into a page of ours. */

export function readOwnForm(form: string): { action: string; xsrf: string } {
  return {
    action: /action="([^"]*)"/.exec(form)?.[1] ?? '',
    xsrf: /name="xsrf" value="([^"]*)"/.exec(form)?.[1] ?? '',
  }
}
