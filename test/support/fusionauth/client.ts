// Reading an OAuth request: the form body and who the client says it is. Judges only the secret.

import type { Instance } from './instance.ts'
import { findApplication, findEntityByClient } from './instance.ts'

export interface ClientClaim {
  id?: string
  secret?: string
  /** What the Authorization header was, if any; `broken` is Basic that cannot be read. */
  scheme: 'none' | 'basic' | 'broken' | 'other'
  /** The body named another client than the header. */
  contradictory: boolean
}

/** The form, or undefined if the body is of another type: it "must be" form-encoded. [documented] */
export async function readForm(request: Request): Promise<URLSearchParams | undefined> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') return undefined
  return new URLSearchParams(await readText(request))
}

/** The body as text, whatever its type says it is: workerd warns when `text()` reads a form. */
export async function readText(request: Request): Promise<string> {
  return new TextDecoder().decode(await request.arrayBuffer())
}

/** `Basic base64(clientId:clientSecret)`, or `client_id` and `client_secret` in the form. */
export function readClient(request: Request, form: URLSearchParams): ClientClaim {
  const header = request.headers.get('authorization')
  const id = form.get('client_id') || undefined
  const secret = form.get('client_secret') || undefined
  const inForm = { ...(id && { id }), ...(secret && { secret }) }
  if (header === null) return { ...inForm, scheme: 'none', contradictory: false }
  if (!/^basic /i.test(header)) return { ...inForm, scheme: 'other', contradictory: false }
  const pair = decodeBasic(header.slice('basic '.length).trim())
  if (pair === undefined) return { ...inForm, scheme: 'broken', contradictory: false }
  return { ...pair, scheme: 'basic', contradictory: id !== undefined && id !== pair.id }
}

/** Whether a secret that was sent is the client's: validated "even when not required". [documented] */
export function secretFits(at: Instance, claim: ClientClaim): boolean {
  if (claim.secret === undefined) return true
  const application = findApplication(at, claim.id)
  return claim.secret === (application?.secret ?? findEntityByClient(at, claim.id)?.clientSecret)
}

// Id and secret are joined as they are, not form-encoded first as RFC 6749 2.3.1 says. [documented]
function decodeBasic(encoded: string): { id: string; secret: string } | undefined {
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0))
    const text = new TextDecoder().decode(bytes)
    const colon = text.indexOf(':')
    if (colon < 1) return undefined
    return { id: text.slice(0, colon), secret: text.slice(colon + 1) }
  } catch {
    return undefined
  }
}
