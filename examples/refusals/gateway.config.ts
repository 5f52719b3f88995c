/** Both at once: a page where a browser asks, own JSON for everybody else. */

import { oidc } from '../../src/auth/presets/oidc.ts'
import { defineGateway, type GatewayConfig } from '../../src/config/define.ts'
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
