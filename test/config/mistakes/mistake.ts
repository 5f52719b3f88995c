// A wrong file of an owner, as text, and every message that `npm run check` has for it. The text is what an owner
// would write, so that nothing but the messages is in the way of whoever has to repair it.

import { stripTypeScriptTypes } from 'node:module'
import { runInThisContext } from 'node:vm'
import { apiKeys } from '../../../src/auth/key/api-keys.ts'
import { signedLinks } from '../../../src/auth/link/signed-links.ts'
import { fusionAuth } from '../../../src/auth/presets/fusionauth.ts'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import { allOf, anyOf, defineGateway, optional } from '../../../src/config/define.ts'
import { explainThrown, type Judgement, judge } from '../../../src/config/owners-file.ts'
import { cached } from '../../../src/edge/cache/cached.ts'
import { protectedResource } from '../../../src/edge/resource-metadata.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'

export interface Mistake {
  readonly name: string
  /** The text of src/gateway.config.ts. */
  readonly file: string
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

const binding = () => ({ fetch: async () => new Response() })

/** What is set where these files are checked. Anything else is not. */
export const ENVIRONMENT = {
  ISSUER: 'https://auth.acme.example',
  CLIENT_ID: 'orders-api',
  LINK_KEY: 'A7fPq2Zs9vXk4LmN8bRt6WcY3hJd5GeQ',
  CLIENT_SECRET: 'not-for-any-message',
  ORIGIN: 'https://orders.acme.example',
  EMPTY: '',
  STORE: { get: async () => null, put: async () => {} },
  ORDERS: binding(),
  AUTH: binding(),
  CERT: binding(),
}

const IMPORTS = `import { fusionAuth } from './auth/presets/fusionauth.ts'
import { oidc } from './auth/presets/oidc.ts'
import { allOf, anyOf, defineGateway, type GatewayConfig, optional } from './config/define.ts'
import { protectedResource } from './edge/resource-metadata.ts'
import { claims } from './upstream/claims-handler.ts'
`

const SCHEMES = 'main: oidc({ issuer: env.ISSUER, audience: env.CLIENT_ID })'
const CLAIMS = "{ path: '/api/claims', to: claims }"

const file = (body: string) => `${IMPORTS}
export default defineGateway((env: Env): GatewayConfig => ({
${body.replace(/^/gm, '  ')}
}))
`

const list = (lines: readonly string[]) => lines.map((line) => `\n  ${line},`).join('')

/** Problems are strings, warnings start with this. */
export const WARNING = 'WARNING '

function mistake(name: string, text: string, messages: readonly string[]): Mistake {
  const isWarning = (message: string) => message.startsWith(WARNING)
  return {
    name,
    file: text,
    problems: messages.filter((message) => !isWarning(message)),
    warnings: messages.filter(isWarning).map((message) => message.slice(WARNING.length)),
  }
}

/** In the second route. */
export function inRoute(name: string, route: string, ...messages: string[]): Mistake {
  return inRoutes(name, [CLAIMS, `{ ${route} }`], ...messages)
}

/** In all routes. */
export function inRoutes(name: string, routes: readonly string[], ...messages: string[]): Mistake {
  return inConfig(
    name,
    `schemes: {${list([SCHEMES])}\n},\nroutes: [${list(routes)}\n],`,
    ...messages,
  )
}

/** In the options of `oidc`. */
export function inOidc(name: string, options: string, ...messages: string[]): Mistake {
  return inScheme(name, `main: oidc({ ${options} })`, ...messages)
}

/** In the options of `fusionAuth`. */
export function inFusionAuth(name: string, options: string, ...messages: string[]): Mistake {
  return inScheme(name, `main: fusionAuth({ ${options} })`, ...messages)
}

/** In a scheme of API keys, the only one. */
export function inApiKeys(name: string, scheme: string, ...messages: string[]): Mistake {
  const mistake = inScheme(name, `keys: ${scheme}`, ...messages)
  return {
    ...mistake,
    file: `import { apiKeys } from './auth/key/api-keys.ts'\n${mistake.file}`,
  }
}

/** In `signedLinks( … )`, with what stands in its brackets. */
export function inLinks(name: string, written: string, ...messages: string[]): Mistake {
  const inFile = inScheme(name, `links: signedLinks(${written})`, ...messages)
  const imported = "import { signedLinks } from './auth/link/signed-links.ts'\n"
  return { ...inFile, file: imported + inFile.file }
}

/** In the only scheme. */
export function inScheme(name: string, scheme: string, ...messages: string[]): Mistake {
  return inConfig(
    name,
    `schemes: {${list([scheme])}\n},\nroutes: [${list([CLAIMS])}\n],`,
    ...messages,
  )
}

/** In one of two schemes, or in the routes that name them. */
export function inSchemes(
  name: string,
  schemes: readonly string[],
  routes: readonly string[],
  ...messages: string[]
): Mistake {
  return inConfig(name, `schemes: {${list(schemes)}\n},\nroutes: [${list(routes)}\n],`, ...messages)
}

/** Anywhere in what the function returns. */
export function inConfig(name: string, body: string, ...messages: string[]): Mistake {
  return mistake(name, file(body), messages)
}

/** In the file itself, after its imports. */
export function inFile(name: string, text: string, ...messages: string[]): Mistake {
  return mistake(name, `${IMPORTS}\n${text}\n`, messages)
}

const IMPORTED = {
  apiKeys,
  fusionAuth,
  oidc,
  allOf,
  anyOf,
  defineGateway,
  optional,
  protectedResource,
  cached,
  claims,
  signedLinks,
}

/** Judges the text of a file as `npm run check` does, without writing it anywhere. */
export function judgeText(text: string): Judgement {
  const names = Object.keys(IMPORTED).filter((name) =>
    new RegExp(`^import .*\\b${name}\\b`, 'm').test(text),
  )
  const body = stripTypeScriptTypes(text)
    .replaceAll(/^import .*$/gm, '')
    .replace(/^export default/m, 'return')
  try {
    const load = runInThisContext(`((${names.join(', ')}) => {${body}\n})`, {
      filename: 'src/gateway.config.ts',
    }) as (...values: unknown[]) => unknown
    const exported = load(...names.map((name) => IMPORTED[name as keyof typeof IMPORTED]))
    return judge(exported, ENVIRONMENT)
  } catch (error) {
    return {
      problems: [`gateway.config.ts: ${explainThrown(error)}`],
      warnings: [],
      config: undefined,
    }
  }
}
