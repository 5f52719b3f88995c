// OpenAPI documents that nobody has written: schemes of each kind, paths that overlap, and security of every shape.

import fc from 'fast-check'

const SCHEMES = {
  oauth: { type: 'oauth2', flows: {} },
  oidc: {
    type: 'openIdConnect',
    openIdConnectUrl: 'https://login.acme.test/.well-known/openid-configuration',
  },
  bearer: { type: 'http', scheme: 'Bearer' },
  key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  'other key': { type: 'apiKey', in: 'header', name: 'X-Other-Key' },
} as const

const names = Object.keys(SCHEMES) as (keyof typeof SCHEMES)[]
const scopes = fc.uniqueArray(fc.constantFrom('read', 'write', "it's:all"), { maxLength: 2 })

const needed = fc.constantFrom(...names).chain((name) => {
  const takesScopes = name === 'oauth' || name === 'oidc'
  const list = takesScopes ? scopes : fc.constantFrom<string[]>([], [], ['admin'])
  return list.map((values) => [name, values] as const)
})

const requirement = fc
  .array(needed, { minLength: 0, maxLength: 2 })
  .map((entries): Record<string, readonly string[]> => Object.fromEntries(entries))
const security = fc.array(requirement, { maxLength: 3 })

const operation = fc.oneof(
  fc.constant({ responses: {} }),
  security.map((value) => ({ responses: {}, security: value })),
)
const item = fc.dictionary(
  fc.constantFrom('get', 'post', 'put', 'delete', 'patch', 'head', 'options', 'trace'),
  operation,
  { minKeys: 1, maxKeys: 4 },
)

const TEMPLATES = [
  '/orders',
  '/orders/{order-id}',
  '/orders/mine',
  '/orders/{id}/lines/{line}',
  '/a.b/{1}',
  '/files/{x}.json',
  '/',
]

export const documents = fc.record(
  {
    openapi: fc.constantFrom('3.0.3', '3.1.0', '3.2.0'),
    info: fc.constant({ title: 'Made up', version: '1' }),
    servers: fc.constantFrom(
      [{ url: '/' }],
      [{ url: 'https://api.acme.test/v1/' }],
      [{ url: 'https://a.acme.test/v1' }, { url: 'https://b.acme.test/v2' }],
    ),
    security,
    components: fc.constant({ securitySchemes: SCHEMES }),
    paths: fc.dictionary(
      fc.oneof(
        {
          weight: 12,
          arbitrary: fc.constantFrom(...TEMPLATES.filter((path) => path !== '/files/{x}.json')),
        },
        { weight: 1, arbitrary: fc.constant('/files/{x}.json') },
      ),
      item,
      { minKeys: 1, maxKeys: 3 },
    ),
  },
  { requiredKeys: ['openapi', 'info', 'components', 'paths'] },
)
