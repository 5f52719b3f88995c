/** What every step of a sign-in needs: the pages that more than one of them shows, and ways on. */

import type { Context, Interaction, Provider } from 'oidc-provider/lib/provider.js'
import type { IssuerEnv, ResolvedConfig } from '../config.ts'
import type { BrowserStore } from '../oidc/browser-store.ts'
import type { UpstreamClient } from '../oidc/upstream.ts'
import { signInPage } from './pages.ts'
import { send } from './send.ts'
import { codePage } from './totp.ts'

/** What the steps are made of. */
export interface InteractionParts {
  provider: Provider
  config: ResolvedConfig
  env: IssuerEnv
  browser: BrowserStore
  hasPlaceless: boolean
  /** Another provider, where the owner named one. */
  upstream: UpstreamClient | undefined
}

/** One request for a page of an interaction. */
export interface Step extends InteractionParts {
  ctx: Context
  interaction: Interaction
}

export function showCode({ ctx, config, interaction }: Step, problem?: string): void {
  const action = `/interaction/${interaction.uid}`
  send(ctx, codePage({ title: config.title, action, ...(problem !== undefined && { problem }) }))
}

export async function showSignIn(
  { ctx, provider, config, interaction }: Step,
  state: { login: string; problem?: string },
): Promise<void> {
  const client = await clientName(provider, interaction)
  const action = `/interaction/${interaction.uid}`
  const hasLogo = config.logo !== undefined
  const canReset = config.send !== undefined
  const upstream = config.upstream?.name
  const page = { title: config.title, action, client, hasLogo, canReset, upstream }
  send(ctx, signInPage({ ...page, ...state }))
}

/** Ends the interaction: the library goes on with this result. */
export async function finish(
  { ctx, provider }: Step,
  result: object,
  mergeWithLastSubmission: boolean,
): Promise<void> {
  const options = { mergeWithLastSubmission }
  seeOther(ctx, await provider.interactionResult(ctx.req, ctx.res, result, options))
}

export function seeOther(ctx: Context, location: string): void {
  ctx.status = 303
  ctx.set('location', location)
  ctx.body = ''
}

async function clientName(provider: Provider, { params }: Interaction): Promise<string> {
  const client = await provider.Client.find(params.client_id)
  return client?.clientName ?? params.client_id
}
