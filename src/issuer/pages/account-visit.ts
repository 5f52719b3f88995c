/** What is shown to a person who looks after their sign-in, read from their objects. */

import type { Context, Session } from 'oidc-provider/lib/provider.js'
import { unavailable } from '../oidc/unavailable.ts'
import type { StoredArtifact } from '../storage/artifacts.ts'
import { factorsOf, personOf } from '../storage/issuer-storage.ts'
import { placeOfPerson } from '../storage/places.ts'
import type { UserInfo } from '../storage/user-info.ts'
import {
  type AccountPage,
  accountPage,
  type ShownGrant,
  type ShownSession,
} from './account-page.ts'
import { errorPage } from './error-page.ts'
import { send } from './send.ts'
import type { InteractionParts } from './step.ts'

/** One request of a person who is signed in. */
export interface Visit extends InteractionParts {
  ctx: Context
  session: Session
  user: UserInfo
  fresh: boolean
}

/** The page itself, with word of what was done or why it was not. */
export async function show(visit: Visit, notice?: AccountPage['notice']): Promise<void> {
  const { ctx, env, config, user, session, fresh } = visit
  const person = personOf(env, placeOf(user))
  const factors = factorsOf(env, placeOf(user))
  const [passkeys, sessions, grants, hasTotp] = await unavailable(
    Promise.all([
      factors.passkeys(),
      person.list('Session'),
      person.list('Grant'),
      factors.hasTotp(),
    ]),
  )
  const page: AccountPage = {
    title: config.title,
    login: user.login,
    passkeys,
    hasTotp,
    email: {
      address: user.email,
      isVerified: user.emailVerified === true,
      canSend: config.send !== undefined,
    },
    sessions: sessions.map((stored) => shownSession(stored, session.uid)),
    grants: await shownGrants(visit, grants),
    fresh,
    ...(notice && { notice }),
  }
  send(ctx, accountPage(page))
}

function shownSession({ payload }: StoredArtifact, current: string): ShownSession {
  const { uid, loginTs = 0 } = JSON.parse(payload) as { uid: string; loginTs?: number }
  return { uid, since: loginTs, isThisOne: uid === current }
}

/** One for each application, however many browsers it was allowed in. */
async function shownGrants({ provider }: Visit, grants: StoredArtifact[]): Promise<ShownGrant[]> {
  const byClient = new Map<string, ShownGrant>()
  for (const { id, payload } of grants) {
    const { clientId, openid, resources } = JSON.parse(payload) as {
      clientId: string
      openid?: { scope?: string }
      resources?: Record<string, string>
    }
    const known = byClient.get(clientId)
    // The document of a client may not be there today, and its access can be ended all the same.
    const find = () => provider.Client.find(clientId).catch(() => undefined)
    const client = known?.client ?? (await find())?.clientName ?? clientId
    const scopes = [openid?.scope ?? '', ...Object.values(resources ?? {})].join(' ').split(' ')
    byClient.set(clientId, {
      ids: [...(known?.ids ?? []), id],
      client,
      scopes: [...new Set([...(known?.scopes ?? []), ...scopes])].filter(Boolean),
    })
  }
  return [...byClient.values()]
}

export function placeOf({ id }: UserInfo): string {
  return placeOfPerson(id) ?? ''
}

export function refuse(
  ctx: Context,
  { config }: InteractionParts,
  status: number,
  code: string,
  text: string,
): void {
  ctx.status = status
  send(ctx, errorPage(config.title, code, text))
}
