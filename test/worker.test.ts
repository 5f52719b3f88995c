import { describe, expect, it } from 'vitest'
import { oidc } from '../src/auth/presets/oidc.ts'
import type { GatewayConfig } from '../src/config/define.ts'
import { worker } from '../src/worker.ts'
import { refusal } from './support/gateway.ts'

type Environment = Parameters<ReturnType<typeof worker<{ GATEHOUSE_LOCAL?: boolean }>>['fetch']>[1]

const context = { waitUntil: () => undefined } as unknown as ExecutionContext

/** Asks a gateway for api.test alone, in this environment. */
async function ask(env: object, url: string, headers: Record<string, string> = {}) {
  const config: GatewayConfig = {
    hosts: ['api.test'],
    schemes: { main: oidc({ issuer: 'https://idp.test', audience: 'gatehouse' }) },
    routes: [{ path: '/*', to: 'https://origin.test' }],
  }
  const request = new Request(url, { headers }) as Request<unknown, IncomingRequestCfProperties>
  const { fetch } = worker<{ GATEHOUSE_LOCAL?: boolean }>(() => config)
  return refusal(await fetch(request, env as Environment, context))
}

const LOCAL = ['http://localhost:8787/', 'http://127.0.0.1:8787/', 'http://[::1]:8787/']

describe('a gateway that npm start runs', () => {
  it.each(LOCAL)('serves %s beside its hosts', async (url) => {
    expect(await ask({ GATEHOUSE_LOCAL: true }, url)).toEqual([401, 'credential_missing'])
  })

  it('serves no other host, and its own one over https alone', async () => {
    const env = { GATEHOUSE_LOCAL: true }
    expect(await ask(env, 'https://other.test/')).toEqual([421, 'host_unknown'])
    expect(await ask(env, 'http://localhost.other.test/')).toEqual([421, 'host_unknown'])
    expect(await ask(env, 'http://api.test/')).toEqual([403, 'https_required'])
  })
})

describe('a gateway that is deployed', () => {
  it.each(LOCAL)('is not asked for %s, whatever a client sends', async (url) => {
    const headers = { 'gatehouse-local': 'true', gatehouse_local: 'true', host: 'localhost' }
    expect(await ask({}, url, headers)).toEqual([421, 'host_unknown'])
    expect(await ask({}, `${url}?GATEHOUSE_LOCAL=true`, headers)).toEqual([421, 'host_unknown'])
  })

  it('takes no text for the sign of npm start: secrets and variables of a shell are text', async () => {
    const env = { GATEHOUSE_LOCAL: 'true' }
    expect(await ask(env, 'http://localhost:8787/')).toEqual([421, 'host_unknown'])
  })
})
