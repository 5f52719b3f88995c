/**
 * FusionAuth's webhook as news about tokens: ended refresh tokens, users who are deactivated or deleted, keys that have
 * changed; and, for a function of the owner's, every other event.
 * https://fusionauth.io/docs/extend/events-and-webhooks/
 */

import * as v from 'valibot'
import type { Cut, Selection } from '../../auth/cutoff.ts'
import type { House } from '../../auth/feature.ts'
import type { Inbound } from '../../auth/scheme.ts'
import { GatewayError } from '../../errors.ts'
import { decodeUtf8, encodeBase64url } from '../../lib/bytes.ts'
import { toDouble } from '../../lib/exact-json.ts'
import { readOwnBody } from '../../lib/read-body.ts'
import type { Scope } from '../../lib/scope.ts'
import { isObject, type JsonObject, parseObject } from '../../lib/strict-json.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { ownPath, reportIssues, textLike, told } from '../../options/schemas.ts'
import { createSignatureCheck } from './body-signature.ts'
import type { EventSource, Recorder } from './events.ts'

export interface FusionAuthEventsOptions {
  /** The entry of `schemes` that takes FusionAuth's tokens. Its key set verifies the events too. */
  of: string
  /** Where FusionAuth sends its events. Default `/.well-known/gatehouse/fusionauth-events`. */
  path?: string
  /** The secret of an HMAC signing key, where the webhook signs with one: `env.WEBHOOK_SECRET`. Default: the key set. */
  signingSecret?: string
  /**
   * Is told each event once: logins, registrations and all others. It may take its time; what it throws is logged by
   * the platform and changes nothing. Events of the day before are told no more. Default: nobody is told.
   */
  onEvent?: (event: JsonObject) => unknown
}

export const FUSIONAUTH_EVENTS_PATH = '/.well-known/gatehouse/fusionauth-events'

const MAX_BODY_BYTES = 262_144
/** An event from further ahead is none of a clock that runs fast. */
const MAX_AHEAD_SECONDS = 300
const DAY_SECONDS = 86_400

const EXAMPLE = "fusionAuthEvents({ of: 'main' })"

const schema = optionsSchema<FusionAuthEventsOptions>(
  {
    of: textLike("'main'"),
    path: v.exactOptional(ownPath("'/hooks/fusionauth'")),
    signingSecret: v.exactOptional(textLike('env.WEBHOOK_SECRET')),
    onEvent: v.exactOptional(
      told((value) =>
        typeof value === 'function' ? undefined : 'must be a function: (event) => { … }',
      ),
    ),
  },
  {
    example: EXAMPLE,
    examples: { of: "'main'" },
    otherNames: { issuer: 'of', scheme: 'of', secret: 'signingSecret', handler: 'onEvent' },
  },
)

/** Takes the events of FusionAuth, signed (`X-FusionAuth-Signature-JWT`). */
export function fusionAuthEvents(options: FusionAuthEventsOptions): EventSource {
  return {
    of: options.of,
    check(path, to) {
      const { success, issues } = v.safeParse(schema, options)
      if (!success) reportIssues(issues, path, to)
    },
    compile(house, recorder) {
      const handle = createHandler(options, house, recorder)
      const { path = FUSIONAUTH_EVENTS_PATH } = options
      return [{ path, host: undefined, methods: ['POST'], mustGetThrough: true, handle }]
    },
  }
}

function createHandler(
  { of, signingSecret, onEvent }: FusionAuthEventsOptions,
  house: House,
  recorder: Recorder,
) {
  const { now } = house
  const { keySet } = house.scheme(of)
  const isSigned = createSignatureCheck(keySet, signingSecret)

  return async ({ request }: Inbound, scope: Scope): Promise<Response> => {
    const body = await readOwnBody(request, MAX_BODY_BYTES)
    const signature = request.headers.get('x-fusionauth-signature-jwt')
    if (signature === null) {
      throw new GatewayError('credential_missing', {
        reason: 'the event has no signature: switch "Sign events" on for the webhook in FusionAuth',
        detail: 'The event must be signed.',
      })
    }
    if (!(await isSigned(signature, body, scope))) {
      throw new GatewayError('signature_invalid', {
        reason: "the signature is not the issuer's over this body",
        detail: 'The signature is not valid.',
      })
    }
    const event = readEvent(body)
    const createdAt = Math.floor((toDouble(event.createInstant) ?? Number.NaN) / 1_000)
    if (!Number.isFinite(createdAt) || createdAt < 0 || createdAt > now() + MAX_AHEAD_SECONDS) {
      throw new GatewayError('invalid_request', {
        reason: 'the event has no time, or a future one',
      })
    }
    await recorder.cutOff(of, cutsOf(event, createdAt))
    if (event.type === 'jwt.public-key.update') {
      // A key that is withdrawn must go even where nobody shows a token of a new one.
      scope.waitUntil(
        keySet?.refreshAfterMiss(async () => undefined, scope).catch(() => {}) ?? NOTHING,
      )
    }
    if (onEvent && now() - createdAt < DAY_SECONDS) {
      if (await recorder.isFirst(of, await idOf(event, body))) scope.waitUntil(tell(onEvent, event))
    }
    return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
  }
}

const NOTHING = Promise.resolve()

async function tell(onEvent: (event: JsonObject) => unknown, event: JsonObject): Promise<void> {
  await onEvent(event)
}

function readEvent(body: Uint8Array): JsonObject {
  try {
    const { event } = parseObject(decodeUtf8(body))
    if (isObject(event) && typeof event.type === 'string') return event
  } catch {
    // It is told below.
  }
  throw new GatewayError('invalid_request', { reason: 'the event is no JSON object with a type' })
}

/** FusionAuth names an event; where it does not, its bytes do. */
async function idOf({ id }: JsonObject, body: Uint8Array<ArrayBuffer>): Promise<string> {
  if (typeof id === 'string' && id.length <= 100) return id
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', body)))
}

/** Which tokens an event cuts off; none of most. */
export function cutsOf(event: JsonObject, createdAt: number): readonly Cut[] {
  return selectionsOf(event).map((selection) => ({ selection, before: createdAt }))
}

function selectionsOf(event: JsonObject): readonly Selection[] {
  const user = isObject(event.user) ? event.user.id : undefined
  switch (event.type) {
    case 'jwt.refresh-token.revoke':
      return selectionsOfRevoke(event)
    case 'user.deactivate':
    case 'user.delete':
    case 'user.delete.complete':
      return isText(user) ? [{ subject: user }] : []
    default:
      return []
  }
}

/** In three shapes: one refresh token, all of a user (in some applications), all of an application. */
function selectionsOfRevoke(event: JsonObject): readonly Selection[] {
  const { refreshToken, applicationId, applicationTimeToLiveInSeconds: lives } = event
  if (isObject(refreshToken) && isText(refreshToken.id)) return [{ session: refreshToken.id }]
  const user = event.userId ?? (isObject(event.user) ? event.user.id : undefined)
  const named = isObject(lives) ? Object.keys(lives) : []
  const clients = isText(applicationId) ? [applicationId] : named
  if (isText(user)) {
    // Without an application it is about all of them.
    return clients.length > 0
      ? clients.map((client) => ({ subject: user, client }))
      : [{ subject: user }]
  }
  return clients.map((client) => ({ client }))
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
