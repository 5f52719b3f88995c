// The demo's authorization server: one API with two scopes.

import { defineIssuer } from '../../issuer/config.ts'
import { API } from './world.ts'

export default defineIssuer(() => ({
  title: 'Gatehouse demo',
  apis: [{ audience: API.id, scopes: API.scopes, accessTokenSeconds: 3600 }],
  defaultAudience: API.id,
}))
