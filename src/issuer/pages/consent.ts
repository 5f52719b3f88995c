/** The question whether an application may act for a person: what it shows, and what a yes does. */

import { SessionNotFound } from 'oidc-provider/lib/helpers/errors.js'
import type { Client, Interaction, Provider } from 'oidc-provider/lib/provider.js'
import type { ResolvedConfig } from '../config.ts'
import { isDocumentId } from '../oidc/client-documents.ts'
import { createApiLookup } from '../oidc/resources.ts'
import { describeDestination } from '../storage/redirect-uris.ts'
import { cancelForm } from './cancel-form.ts'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'

const OIDC_SCOPE_TEXTS: Record<string, string> = {
  openid: 'Know who you are',
  profile: 'See your name and your roles',
  email: 'See your email address',
  offline_access: 'Keep this access while you are away',
}

/** What one scope means. */
interface ScopeText {
  scope: string
  text: string
}

export interface ConsentPage {
  config: ResolvedConfig
  interaction: Interaction
  client: Client | undefined
  /** Who is asked. */
  login: string
}

export function consentPage({ config, interaction, client, login }: ConsentPage): Html {
  const { params, uid, deviceCode } = interaction
  const action = `/interaction/${uid}`
  const name = client?.clientName ?? params.client_id
  const scopes = scopeTexts(interaction, config)
  return layout(
    config.title,
    html`<h1>Allow ${name}?</h1>
<p>It asks to act for you${
      params.redirect_uri !== undefined &&
      html`, and sends you on to <strong>${describeDestination(params.redirect_uri)}</strong>`
    }.</p>
${client?.self_registered && html`<p class="alert">${originOf(client)} Nobody here has checked it.</p>`}
${
  scopes.length > 0 &&
  html`<p>It wants to:</p>
<ul>${scopes.map(({ text, scope }) => html`<li>${text}${text !== scope && html` <span class="muted">(${scope})</span>`}</li>`)}</ul>`
}
<form method="post" action="${action}/consent">
<button type="submit">Allow</button>
</form>
${cancelForm(action, 'Do not allow')}
<p class="muted foot">Signed in as <strong>${login}</strong></p>
${
  deviceCode === undefined &&
  html`<form method="post" action="${action}/switch">
<button type="submit" class="link">Use another account</button>
</form>`
}`,
  )
}

/** What the person allows goes into their grant. Answers what the interaction is answered with. */
export async function allow(
  provider: Provider,
  { grantId, params, prompt, session }: Interaction,
): Promise<object> {
  if (!session?.accountId) throw new SessionNotFound('nobody is signed in')
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const grant =
    known ?? new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims)
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '))
  }
  const saved = await grant.save()
  return { consent: known ? {} : { grantId: saved } }
}

function originOf(client: Client): string {
  return isDocumentId(client.clientId)
    ? `This application is described at ${new URL(client.clientId).host}.`
    : 'This application registered itself.'
}

/**
 * Everything that is asked for, also what was allowed before. Two APIs may give one name to different
 * things: a person reads what it means where it will be used.
 */
function scopeTexts({ params }: Interaction, config: ResolvedConfig): ScopeText[] {
  const asked = (params.scope ?? '').split(' ').filter(Boolean)
  const apiOf = createApiLookup(config)
  const resources = [params.resource ?? []].flat()
  const ofApis = resources.flatMap((resource) => {
    const { scopes = {} } = apiOf(resource) ?? {}
    return asked
      .filter((scope) => scope in scopes)
      .map((scope) => ({ scope, text: scopes[scope] ?? scope }))
  })
  const own = asked
    .filter((scope) => scope in OIDC_SCOPE_TEXTS)
    .map((scope) => ({ scope, text: OIDC_SCOPE_TEXTS[scope] ?? scope }))
  return [...own, ...ofApis]
}
