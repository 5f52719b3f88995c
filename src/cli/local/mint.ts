// One access token of the local authorization server, the way a service gets one: client credentials.

import { localUrl, npmCommand } from './address.ts'
import { StartError } from './start-error.ts'
import { SERVICE } from './world.ts'

const TIMEOUT_MS = 10_000

/** A token, and what it is good for. */
export interface Minted {
  readonly accessToken: string
  readonly expiresInSeconds: number
  /** The scopes that were granted, which may be fewer than the ones asked for. */
  readonly scopes: readonly string[]
}

/** Asks the local authorization server for a token. Throws a {@link StartError} without one. */
export async function mintToken(port: number, scope: string): Promise<Minted> {
  const { status, body } = await post(port, { grant_type: 'client_credentials', scope })
  if (status === 200 && typeof body.access_token === 'string') {
    return {
      accessToken: body.access_token,
      expiresInSeconds: Number(body.expires_in),
      scopes: String(body.scope ?? '')
        .split(' ')
        .filter(Boolean),
    }
  }
  if (typeof body.error === 'string') {
    throw new StartError(`No token: ${body.error_description ?? body.error}`)
  }
  throw new StartError(
    `${localUrl(port)} answered ${status} and no token. If you have set ISSUER, ask your own issuer for one; ` +
      'else something other than `npm start` may run there.',
  )
}

async function post(port: number, form: Record<string, string>) {
  const request = new Request(`${localUrl(port)}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${SERVICE.id}:${SERVICE.secret}`)}` },
    body: new URLSearchParams(form),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const response = await fetch(request).catch((cause: unknown) => {
    throw new StartError(
      `Nothing answers on ${localUrl(port)}. Run \`${npmCommand(port, 'start')}\` first.`,
      { cause },
    )
  })
  const body: unknown = await response.json().catch(() => undefined)
  return { status: response.status, body: isObject(body) ? body : {} }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
