/**
 * Puts the place of its object in front of every id that oidc-provider makes, so that whoever shows an
 * id has said where to look. The library has no setting for it; its exact version is pinned.
 */

import { createHmac } from 'node:crypto'
import type { IdModel, Provider, Session } from 'oidc-provider/lib/provider.js'
import { type Place, placeIn, placeNamed, placeOfPerson } from '../storage/places.ts'
import { networkOf } from './network.ts'
import { currentWork } from './request-work.ts'

const MODELS = [
  'AccessToken',
  'AuthorizationCode',
  'ClientCredentials',
  'DeviceCode',
  'Grant',
  'PushedAuthorizationRequest',
  'RefreshToken',
] as const

/** `secret` makes the successor of a refresh token: the same one however often it is asked for. */
export function putPlacesIntoIds(provider: Provider, secret: string): void {
  for (const model of MODELS) {
    const { prototype } = provider[model]
    const generate = prototype.generateTokenId
    prototype.generateTokenId = function () {
      const id = generate.call(this)
      // A JWT is stored nowhere.
      const place = this.format === 'jwt' ? undefined : placeOf(this)
      if (place === undefined) return id
      const predecessor = this.kind === 'RefreshToken' ? rotated() : undefined
      return place + (predecessor === undefined ? id : successorOf(predecessor, secret))
    }
  }
  const { prototype } = provider.Session
  const { loginAccount, resetIdentifier } = prototype
  prototype.loginAccount = function (details) {
    loginAccount.call(this, details)
    moveIn(this)
  }
  prototype.resetIdentifier = function () {
    resetIdentifier.call(this)
    moveIn(this)
  }
}

function placeOf({ kind, accountId, clientId, userCode }: IdModel): Place | undefined {
  if (kind === 'DeviceCode')
    return userCode === undefined ? undefined : placeNamed('device', userCode)
  if (kind === 'PushedAuthorizationRequest') return placeOfPushed()
  if (accountId !== undefined) return placeOfPerson(accountId)
  return clientId === undefined ? undefined : placeNamed('client', clientId)
}

/** A client that proves who it is answers for what it pushes; another is as good as its visitor. */
function placeOfPushed(): Place {
  const { ctx } = currentWork()
  const client = ctx.oidc?.client
  return client && client.clientAuthMethod !== 'none'
    ? placeNamed('client', client.clientId)
    : networkOf(ctx.ip)
}

function rotated(): string | undefined {
  return currentWork().ctx.oidc?.entities.RotatedRefreshToken?.jti
}

function successorOf(token: string, secret: string): string {
  return createHmac('sha256', secret).update(`successor of ${token}`).digest('base64url')
}

/** A session of a person has their place in both its ids. */
function moveIn(session: Session): void {
  const place = session.accountId === undefined ? undefined : placeOfPerson(session.accountId)
  if (place === undefined) return
  if (placeIn(session.jti) !== place) session.jti = place + session.jti.slice(-43)
  if (placeIn(session.uid) !== place) session.uid = place + session.uid.slice(-43)
}
