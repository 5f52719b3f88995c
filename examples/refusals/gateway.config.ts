/** Both at once: a page where a browser asks, own JSON for everybody else. */

import { defineGateway, type GatewayConfig } from '@gatehouse/gateway'
import { oidc } from '@gatehouse/gateway/oidc'
import { blockPage } from './block-page.ts'
import { ownJson } from './own-json.ts'

export default defineGateway(
  (env: { ISSUER: string; CLIENT_ID: string; ORIGIN: string }): GatewayConfig => ({
    schemes: { main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID }) },
    routes: [{ path: '/*', to: env.ORIGIN }],
    refusal: (problem, request) => blockPage(problem, request) ?? ownJson(problem, request),
    problemType: 'https://docs.acme.example/errors/{code}',
  }),
)
