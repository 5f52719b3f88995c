/**
 * The owner's file with its defaults, and what is wrong with it. Every problem is reported at once; a
 * server with problems issues nothing.
 */

import {
  type IssuerConfig,
  type IssuerEnv,
  type ResolvedConfig,
  resourcesOf,
  type Upstream,
} from './config.ts'
import { colorProblems } from './pages/colors.ts'
import { isLoopback } from './storage/redirect-uris.ts'

const MIN_SECRET_LENGTH = 32

/** Fills in the defaults, or lists everything that is wrong. */
export function resolveConfig(
  config: IssuerConfig,
  env: IssuerEnv,
): { config: ResolvedConfig; problems: string[] } {
  const resolved: ResolvedConfig = {
    title: 'Sign in',
    colors: {},
    refreshTokenSeconds: 1_209_600,
    refreshGraceSeconds: 30,
    sessionSeconds: 86_400,
    keyRotationSeconds: 7_776_000,
    openRegistration: false,
    clientDocuments: false,
    publicClients: true,
    deviceFlow: false,
    dpop: false,
    ...config,
    issuer: env.ISSUER,
    defaultAudience: config.defaultAudience,
    logo: config.logo,
    send: config.send,
    upstream: config.upstream && {
      scope: 'openid email profile',
      createPeople: false,
      ...config.upstream,
      clientSecret: config.upstream.clientSecret ?? '',
    },
    apis: config.apis.map((api) => ({
      resources: [],
      accessTokenSeconds: 600,
      accessTokenFormat: 'jwt',
      defaultScopes: Object.keys(api.scopes),
      ...api,
    })),
  }
  return { config: resolved, problems: [...envProblems(env), ...apiProblems(resolved)] }
}

function envProblems(env: IssuerEnv): string[] {
  const problems: string[] = []
  const url = URL.parse(String(env.ISSUER))
  if (!url) problems.push('ISSUER: must be the public URL of this server')
  else if (url.origin !== env.ISSUER) {
    problems.push('ISSUER: must be an origin alone, without a path or a trailing slash')
  } else if (url.protocol !== 'https:' && !['localhost', '127.0.0.1'].includes(url.hostname)) {
    problems.push('ISSUER: must be https outside localhost')
  }
  if (!env.ISSUER_STORAGE) problems.push('ISSUER_STORAGE: the Durable Object binding is missing')
  for (const name of ['ISSUER_KEY_SECRET', 'ADMIN_KEY'] as const) {
    const secret = env[name]
    if (secret !== undefined && secret.length < MIN_SECRET_LENGTH) {
      problems.push(`${name}: must have at least ${MIN_SECRET_LENGTH} characters`)
    }
  }
  return problems
}

function apiProblems(config: ResolvedConfig): string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  config.apis.forEach((api, index) => {
    const path = `apis[${index}]`
    if (!api.audience) {
      problems.push(`${path}.audience: must not be empty`)
      return
    }
    for (const resource of resourcesOf(api)) {
      const url = URL.parse(resource)
      if (!url || url.href.includes('#')) {
        problems.push(`${path}.resources: "${resource}" must be an absolute URI without a fragment`)
      }
      if (seen.has(resource)) problems.push(`${path}: "${resource}" is already another API`)
      seen.add(resource)
    }
    for (const scope of Object.keys(api.scopes)) {
      // RFC 6749 section 3.3.
      if (!/^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope)) {
        problems.push(`${path}.scopes: "${scope}" is not a scope`)
      }
    }
    for (const scope of api.defaultScopes) {
      if (!(scope in api.scopes))
        problems.push(`${path}.defaultScopes: "${scope}" is no scope of it`)
    }
    problems.push(...durationProblems(`${path}.accessTokenSeconds`, api.accessTokenSeconds))
  })
  for (const name of ['refreshTokenSeconds', 'sessionSeconds', 'keyRotationSeconds'] as const) {
    problems.push(...durationProblems(name, config[name]))
  }
  problems.push(...colorProblems(config.colors))
  if (config.logo !== undefined && !/^\s*<svg[\s>]/.test(config.logo)) {
    problems.push('logo: must be an SVG document')
  }
  if (config.upstream) problems.push(...upstreamProblems(config.upstream, config.issuer))
  const { defaultAudience, refreshGraceSeconds } = config
  if (!config.publicClients && (config.openRegistration || config.clientDocuments !== false)) {
    problems.push('publicClients: must be true where clients come by themselves')
  }
  if (!Number.isSafeInteger(refreshGraceSeconds) || refreshGraceSeconds < 0) {
    problems.push('refreshGraceSeconds: must be a positive integer or 0')
  }
  if (defaultAudience && !config.apis.some(({ audience }) => audience === defaultAudience)) {
    problems.push(`defaultAudience: no API has the audience "${defaultAudience}"`)
  }
  return problems
}

function upstreamProblems(upstream: Upstream, own: string): string[] {
  const problems: string[] = []
  for (const name of ['name', 'clientId', 'clientSecret'] as const) {
    if (!upstream[name]) problems.push(`upstream.${name}: must not be empty`)
  }
  const url = URL.parse(upstream.issuer)
  const isLocal = url !== null && isLoopback(url) && URL.parse(own)?.protocol === 'http:'
  if (!isLocal && url?.protocol !== 'https:') {
    problems.push('upstream.issuer: must be the https URL of an OpenID provider')
  } else if (url?.origin === own) problems.push('upstream.issuer: must not be this server')
  if (!upstream.scope.split(' ').includes('openid')) {
    problems.push('upstream.scope: must have "openid" in it')
  }
  const domains = Array.isArray(upstream.createPeople) ? upstream.createPeople : []
  for (const domain of domains) {
    if (!/^[a-z\d-]+(?:\.[a-z\d-]+)+$/.test(domain)) {
      problems.push(`upstream.createPeople: "${domain}" must be a domain, such as "acme.example"`)
    }
  }
  return problems
}

function durationProblems(path: string, seconds: number): string[] {
  return Number.isSafeInteger(seconds) && seconds > 0 ? [] : [`${path}: must be a positive integer`]
}
