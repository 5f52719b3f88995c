import { describe, expect, it } from 'vitest'
import { localConfigs } from '../../src/cli/local/configs.ts'
import { API } from '../../src/cli/local/world.ts'

const PLACES = { url: 'http://localhost:8787', origin: 'http://127.0.0.1:9000' }
const SETTINGS = { name: 'acme', main: 'src/index.ts' }

function configs(settings: object = {}, variables: Record<string, string> = {}) {
  const owner = { folder: '/acme', settings: { ...SETTINGS, ...settings }, variables }
  return localConfigs(owner, PLACES)
}

describe('the variables of a gateway that is started locally', () => {
  it('are those of the local world where the owner has set none, and an empty one is none', () => {
    const { gateway, front, issuer, standIns } = configs({}, { ISSUER: '', ORIGIN: '' })
    expect(gateway.vars).toEqual({
      ISSUER: PLACES.url,
      CLIENT_ID: API.id,
      ORIGIN: PLACES.origin,
      GATEHOUSE_LOCAL: true,
    })
    expect(front.vars).toEqual({ ISSUER: PLACES.url, LOCAL_ISSUER: true })
    expect({ issuer, standIns }).toEqual({
      issuer: undefined,
      standIns: [
        'ISSUER, CLIENT_ID: the local authorization server',
        'ORIGIN: a sample service on http://127.0.0.1:9000',
      ],
    })
  })

  it('are the owner’s where they are set, .dev.vars before wrangler.toml', () => {
    const own = { ISSUER: 'https://idp.acme.example', CLIENT_ID: 'acme', ORIGIN: 'http://[::1]:1' }
    const { gateway, front, issuer, standIns } = configs({ vars: { ORIGIN: 'x', LEVEL: 3 } }, own)
    expect(gateway.vars).toEqual({ ...own, LEVEL: 3, GATEHOUSE_LOCAL: true })
    expect(front.vars).toEqual({ ISSUER: PLACES.url, LOCAL_ISSUER: false })
    expect({ issuer, standIns }).toEqual({ issuer: own.ISSUER, standIns: [] })
  })

  it('say that a client id has no use without its issuer', () => {
    const { gateway, standIns } = configs({}, { CLIENT_ID: 'acme' })
    expect(gateway.vars).toMatchObject({ CLIENT_ID: API.id })
    expect(standIns).toContain('Your CLIENT_ID is not used while ISSUER is empty.')
  })
})

describe('the bindings of a gateway that is started locally', () => {
  const standIn = (binding: string, target: string) => ({
    binding,
    service: 'gatehouse-local',
    entrypoint: 'StandIn',
    props: { binding, target },
  })

  it('lead to what runs here, and to stand-ins for everything else', () => {
    const state = { binding: 'STATE', service: 'gatehouse-state', entrypoint: 'State' }
    const itself = { binding: 'SELF', service: 'acme' }
    const remote = { binding: 'FAR', service: 'far', remote: true }
    const { gateway } = configs({
      services: [
        state,
        itself,
        remote,
        { binding: 'ORDERS', service: 'orders', entrypoint: 'Public' },
        { binding: 'AUTH', service: 'gatehouse-issuer' },
      ],
      mtls_certificates: [{ binding: 'CERT', certificate_id: '1' }],
      vpc_services: [{ binding: 'VPC', service_id: '1' }],
    })
    expect(gateway.services).toEqual([
      state,
      itself,
      remote,
      standIn('ORDERS', 'the Worker orders'),
      { binding: 'AUTH', service: 'gatehouse-local', entrypoint: 'Issuer' },
      standIn('CERT', 'a client certificate'),
      standIn('VPC', 'a VPC service'),
    ])
    expect(gateway).not.toHaveProperty('mtls_certificates')
    expect(gateway).not.toHaveProperty('vpc_services')
  })
})

describe('the settings of a gateway that is started locally', () => {
  it('are all of the owner’s but those of a deployment, with paths from their folder', () => {
    const { gateway, front, name } = configs({
      compatibility_flags: ['enable_request_signal'],
      kv_namespaces: [{ binding: 'STORE' }],
      assets: { directory: 'public', binding: 'ASSETS' },
      routes: [{ pattern: 'api.acme.example', custom_domain: true }],
      triggers: { crons: ['*/5 * * * *'] },
      env: { staging: {} },
      dev: { port: 1 },
    })
    expect(gateway).toEqual({
      name: 'acme',
      main: '/acme/src/index.ts',
      compatibility_flags: ['enable_request_signal'],
      kv_namespaces: [{ binding: 'STORE' }],
      assets: { directory: '/acme/public', binding: 'ASSETS' },
      vars: expect.anything(),
      services: [],
      send_metrics: false,
    })
    expect(name).toBe('acme')
    expect(front.services).toEqual([{ binding: 'GATEWAY', service: 'acme' }])
  })
})
