// A wrong file of an owner, as text, and every message that `npm run check` has for it. The text is what an owner
// would write, so that nothing but the messages is in the way of whoever has to repair it.

import { stripTypeScriptTypes } from 'node:module'
import { runInThisContext } from 'node:vm'
import { apiKeys } from '../../../src/auth/key/api-keys.ts'
import { signedLinks } from '../../../src/auth/link/signed-links.ts'
import { dpop } from '../../../src/auth/possession/dpop.ts'
import { mtls } from '../../../src/auth/possession/mtls.ts'
import { cloudflareAccess } from '../../../src/auth/presets/cloudflare-access.ts'
import { fusionAuth } from '../../../src/auth/presets/fusionauth.ts'
import { oidc } from '../../../src/auth/presets/oidc.ts'
import { allOf, anyOf, defineGateway, optional } from '../../../src/config/define.ts'
import { explainThrown, type Judgement, judge } from '../../../src/config/owners-file.ts'
import { addresses } from '../../../src/edge/addresses.ts'
import { bodyLimit } from '../../../src/edge/body-limit.ts'
import { cached } from '../../../src/edge/cache/cached.ts'
import { cors } from '../../../src/edge/cors.ts'
import { deprecated } from '../../../src/edge/deprecation.ts'
import { limit } from '../../../src/edge/limit/limit.ts'
import { protectedResource } from '../../../src/edge/resource-metadata.ts'
import { tools } from '../../../src/mcp/tools.ts'
import { health } from '../../../src/operate/health.ts'
import { metrics } from '../../../src/operate/metrics/metrics.ts'
import { requestLog } from '../../../src/operate/request-log.ts'
import { backchannelLogout } from '../../../src/operate/revocation/backchannel-logout.ts'
import { fusionAuthEvents } from '../../../src/operate/revocation/fusionauth-events.ts'
import { revocation } from '../../../src/operate/revocation/revocation.ts'
import { tracing } from '../../../src/operate/tracing.ts'
import { loginPage } from '../../../src/session/login-page.ts'
import { sessions } from '../../../src/session/sessions.ts'
import { assertion } from '../../../src/upstream/assertion/assertion.ts'
import { claims } from '../../../src/upstream/claims-handler.ts'
import { idleTimeout } from '../../../src/upstream/idle-timeout.ts'
import { retry } from '../../../src/upstream/retry.ts'
import { ASSERTION_KEY } from '../../support/assertion-keys.ts'

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
  SESSION_KEY: 'kQ3vT8zL1mN5xR7wB2cY9dF4gH6jP0sA',
  CLIENT_SECRET: 'not-for-any-message',
  ACCESS_AUD: '4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2',
  ORIGIN: 'https://orders.acme.example',
  ASSERTION_KEY,
  EMPTY: '',
  STATE: binding(),
  OPERATOR_KEY: 'Hq5tYp2Zr8Lw3Xn7Vc1Kb9Md4Fs6Jg0T',
  STORE: { get: async () => null, put: async () => {} },
  ORDERS: binding(),
  AUTH: binding(),
  CERT: binding(),
  LOG_KEY: 'vN3xQ8rT1mB6wK4zL9cH2dF7gJ5sP0yA',
  METRICS: { writeDataPoint: () => {} },
  LIMITER: { limit: async () => ({ success: true }) },
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

/** In an entry `people` beside `main`, with the routes of a file that has both. */
export function inSessions(name: string, scheme: string, ...messages: string[]): Mistake {
  const schemes = `schemes: {\n  ${SCHEMES},\n  people: ${scheme},\n},`
  const routes = "routes: [{ path: '/api/claims', auth: 'people', to: claims }],"
  const imports = "import { sessions } from './session/sessions.ts'\n"
  return mistake(name, imports + file(`${schemes}\n${routes}`), messages)
}

/** In `signedLinks( … )`, with what stands in its brackets. */
export function inLinks(name: string, written: string, ...messages: string[]): Mistake {
  const inFile = inScheme(name, `links: signedLinks(${written})`, ...messages)
  const imported = "import { signedLinks } from './auth/link/signed-links.ts'\n"
  return { ...inFile, file: imported + inFile.file }
}

/** In `revocation( … )`, with what stands in its brackets. */
export function inRevocation(name: string, written: string, ...messages: string[]): Mistake {
  const body = `schemes: {${list([SCHEMES])}\n},\nrevocation: revocation(${written}),\nroutes: [${list([CLAIMS])}\n],`
  const inFile = inConfig(name, body, ...messages)
  const imported = `import { backchannelLogout } from './operate/revocation/backchannel-logout.ts'
import { fusionAuthEvents } from './operate/revocation/fusionauth-events.ts'
import { revocation } from './operate/revocation/revocation.ts'
`
  return { ...inFile, file: imported + inFile.file }
}

/** Beside `schemes` and `routes`: what the operator sees. */
export function inOperating(name: string, written: string, ...messages: string[]): Mistake {
  const body = `schemes: {${list([SCHEMES])}\n},\n${written},\nroutes: [${list([CLAIMS])}\n],`
  const inFile = inConfig(name, body, ...messages)
  const imported = `import { health } from './operate/health.ts'
import { metrics } from './operate/metrics/metrics.ts'
import { requestLog } from './operate/request-log.ts'
`
  return { ...inFile, file: imported + inFile.file }
}

/** In `cloudflareAccess( … )`, with what stands in its brackets. */
export function inAccess(name: string, written: string, ...messages: string[]): Mistake {
  const inFile = inScheme(name, `staff: cloudflareAccess(${written})`, ...messages)
  const imported = "import { cloudflareAccess } from './auth/presets/cloudflare-access.ts'\n"
  return { ...inFile, file: imported + inFile.file }
}

/** In a part of the second route, made by a function of `from`. */
export function inPart(name: string, from: string, part: string, ...messages: string[]): Mistake {
  const inFile = inRoute(name, `path: '/orders/*', to: env.ORIGIN, ${part}`, ...messages)
  const maker = /: (\w+)/.exec(part)?.[1] ?? ''
  return { ...inFile, file: `import { ${maker} } from './${from}.ts'\n${inFile.file}` }
}

/** In `limit( … )` of the second route, with what stands in its brackets. */
export function inLimit(name: string, written: string, ...messages: string[]): Mistake {
  const inFile = inRoute(
    name,
    `path: '/orders/*', to: env.ORIGIN, limit: limit(${written})`,
    ...messages,
  )
  return { ...inFile, file: `import { limit } from './edge/limit/limit.ts'\n${inFile.file}` }
}

/** In `limit( … )` of a route whose `mcp` has these rules. */
export function inToolLimit(name: string, written: string, ...messages: string[]): Mistake {
  const inFile = inTools(
    name,
    `tools({ call: { render: [], 'admin_*': [] } }), limit: limit(${written})`,
    ...messages,
  )
  return { ...inFile, file: `import { limit } from './edge/limit/limit.ts'\n${inFile.file}` }
}

/** In `deprecated( … )` of the second route, with what stands in its brackets. */
export function inDeprecated(name: string, written: string, ...messages: string[]): Mistake {
  const inFile = inRoute(
    name,
    `path: '/orders/*', to: env.ORIGIN, deprecated: deprecated(${written})`,
    ...messages,
  )
  return { ...inFile, file: `import { deprecated } from './edge/deprecation.ts'\n${inFile.file}` }
}

/** In `cors( … )` of the second route, with what stands in its brackets. */
export function inCors(name: string, written: string, ...messages: string[]): Mistake {
  const route = `path: '/orders/*', to: env.ORIGIN, cors: cors(${written})`
  const inFile = inRoute(name, route, ...messages)
  return { ...inFile, file: `import { cors } from './edge/cors.ts'\n${inFile.file}` }
}

/** In the part `mcp` of a route, with what makes it. */
export function inTools(name: string, part: string, ...messages: string[]): Mistake {
  const inFile = inRoute(name, `path: '/mcp', to: env.ORIGIN, mcp: ${part}`, ...messages)
  return { ...inFile, file: `import { tools } from './mcp/tools.ts'\n${inFile.file}` }
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
  cloudflareAccess,
  dpop,
  sessions,
  loginPage,
  fusionAuth,
  mtls,
  oidc,
  allOf,
  anyOf,
  cors,
  limit,
  deprecated,
  defineGateway,
  optional,
  protectedResource,
  cached,
  claims,
  signedLinks,
  revocation,
  requestLog,
  metrics,
  health,
  backchannelLogout,
  fusionAuthEvents,
  assertion,
  tracing,
  addresses,
  bodyLimit,
  retry,
  idleTimeout,
  tools,
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
