// The options of sessions, and of pages that ask people to sign in.

import { inRoute, inSessions, type Mistake } from './mistake.ts'

const GOOD = "of: 'main', state: env.STATE, keys: [env.SESSION_KEY]"
const inOptions = (name: string, options: string, ...messages: string[]) =>
  inSessions(name, `sessions({ ${options} })`, ...messages)
const inPage = (...row: Parameters<typeof inRoute>): Mistake => {
  const mistake = inRoute(...row)
  return {
    ...mistake,
    file: `import { loginPage } from './session/login-page.ts'\n${mistake.file}`,
  }
}
const beside = (name: string, options: string, ...messages: string[]) =>
  inOptions(name, `${GOOD}, ${options}`, ...messages)

export const SESSIONS: readonly Mistake[] = [
  inOptions(
    'sessions of nobody',
    '',
    "schemes.people.of: is missing. Add it, for example of: 'main'",
    'schemes.people.state: is not bound. Run "npx wrangler deploy -c src/state/wrangler.toml", then uncomment STATE in wrangler.toml',
    'schemes.people.keys: is missing. Add it, for example keys: [env.SESSION_KEY]',
  ),
  inOptions(
    'sessions of a scheme that is not there',
    "of: 'mian', state: env.STATE, keys: [env.SESSION_KEY]",
    "schemes.people.of: must name an entry of schemes that takes an issuer's tokens, for example of: 'main'",
  ),
  inOptions(
    'a key of sessions that is short',
    "of: 'main', state: env.STATE, keys: ['not-for-any-message']",
    'schemes.people.keys[0]: has 19 bytes, and a key needs 32 or more, or sessions can be read. Make one with "openssl rand -base64 32", and set it as a secret',
  ),
  beside(
    'scopes of sessions without openid',
    "scopes: ['orders']",
    "schemes.people.scopes: must have 'openid', or the issuer does not say who has signed in, for example ['openid', 'offline_access']",
  ),
  beside(
    'a cookie that other hosts can set',
    "cookie: 'session'",
    "schemes.people.cookie: must begin with __Host-, so that no other host can set it, and not with __Host-login-, for example '__Host-staff'",
  ),
  beside(
    'a path of sessions with a slash at its end',
    "path: '/auth/'",
    "schemes.people.path: must be a path in lower case without a slash at its end, for example '/auth'",
  ),
  beside(
    'a place after the logout that is elsewhere',
    "afterLogout: 'https://acme.example'",
    "schemes.people.afterLogout: must be a path of this origin that begins with one slash, for example '/'",
  ),
  beside(
    'a parameter of the login that the gateway sets',
    "parameters: { state: 'x' }",
    'schemes.people.parameters: must not have state, which the gateway sets itself. Take it out',
  ),
  beside(
    'a session that ends at once',
    'idleSeconds: 5',
    'schemes.people.idleSeconds: must be 60 or more, for example 3600',
  ),
  beside(
    'the name that others use for a key',
    "secret: 'not-for-any-message'",
    'schemes.people.secret: is not an option. Did you mean keys?',
  ),
  inPage(
    'a login page where nobody can sign in',
    "path: '/a', to: claims, login: loginPage()",
    "routes[1] (/a).login: needs a scheme that people sign in to. Add sessions({ of: 'main', … }) to schemes, and name it in auth, for example auth: 'people', or take login out",
  ),
  inPage(
    'a login page that is not called',
    "path: '/a', to: claims, login: loginPage",
    'routes[1] (/a).login: must be called, with parentheses: loginPage()',
  ),
]
