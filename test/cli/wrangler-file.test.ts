import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkWranglerFile, unknownEnvironment } from '../../src/cli/check/wrangler-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-wrangler-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SHIPPED = readFileSync('wrangler.toml', 'utf8')
const DOMAIN = 'routes = [{ pattern = "api.acme.example", custom_domain = true }]\n'

function write(text: string): string {
  const path = join(folder, 'wrangler.toml')
  writeFileSync(path, text)
  return path
}

/** What is said of the file, beside its name. */
function warningsOf(text: string, environment?: string): string[] {
  return checkWranglerFile(write(text), environment).map((finding) => {
    expect(finding.verdict).toBe('warning')
    return finding.text.replace('wrangler.toml: ', '')
  })
}

describe('wrangler.toml', () => {
  it('as shipped has nothing to warn of', () => {
    expect(warningsOf(SHIPPED)).toEqual([])
  })

  it('with a cache in front of the gateway is refused', () => {
    const text = `${DOMAIN}workers_dev = false\npreview_urls = false\n[cache]\nenabled = true\n[[kv_namespaces]]\nbinding = "STORE"\n`
    const problem = {
      verdict: 'problem',
      text: "wrangler.toml: [cache] answers in front of the gateway, so that whoever asks second is not checked. Take it out, and use cached({ share: 'subject' }) on a route",
    }
    expect(checkWranglerFile(write(text), undefined)).toEqual([problem])
    expect(
      checkWranglerFile(write(text.replace('enabled = true', 'enabled = false')), undefined),
    ).toEqual([])
  })

  it('with a custom domain and workers.dev has two doors', () => {
    const open = `${DOMAIN}workers_dev = true\npreview_urls = true\n[[kv_namespaces]]\nbinding = "STORE"\n`
    expect(warningsOf(open)).toEqual([
      'workers_dev is true beside the routes at the top: a second address of the gateway, without the rules of your zone. Write workers_dev = false',
      'preview_urls is true beside the routes at the top: a second address of the gateway, without the rules of your zone. Write preview_urls = false',
    ])
    expect(warningsOf(open.replaceAll('true\n', 'false\n'))).toEqual([])
  })

  it('has lines that do nothing where they are below a table', () => {
    expect(warningsOf(`${SHIPPED}\n[observability.logs]\n${DOMAIN}workers_dev = false\n`)).toEqual([
      'routes stands in [observability.logs], where it does nothing. Move it up, above the first line in [ ]',
      'workers_dev stands in [observability.logs], where it does nothing. Move it up, above the first line in [ ]',
    ])
  })

  it('has keys that nobody knows', () => {
    expect(warningsOf(`worker_dev = false\nnonsense = 1\n${SHIPPED}`)).toEqual([
      'the file does not know worker_dev, so that it does nothing. Did you mean workers_dev?',
      'the file does not know nonsense, so that it does nothing. Take it out',
    ])
  })

  it('loses bindings in an environment, which inherits none', () => {
    const text = `${SHIPPED}\n[[services]]\nbinding = "ORDERS"\nservice = "orders"\n\n[env.staging]\nname = "gatehouse-staging"\n`
    const lost = [
      '[env.staging] has no binding STORE, which it does not inherit. Add [[env.staging.kv_namespaces]] with binding = "STORE"',
      '[env.staging] has no binding ORDERS, which it does not inherit. Add [[env.staging.services]] with binding = "ORDERS"',
    ]
    expect(warningsOf(text)).toEqual(lost)
    expect(warningsOf(text, 'staging')).toEqual(lost)
    const mended = `${text}[[env.staging.kv_namespaces]]\nbinding = "STORE"\n[[env.staging.services]]\nbinding = "ORDERS"\nservice = "orders"\n`
    expect(warningsOf(mended)).toEqual([])
  })

  it('loses those too that a service behind the gateway is reached through', () => {
    const text = `${SHIPPED}
[[mtls_certificates]]
binding = "CERT"
certificate_id = "a"

[[vpc_services]]
binding = "VPC"
service_id = "b"

[[vpc_networks]]
binding = "NETWORK"
tunnel_id = "c"

[env.staging]
name = "gatehouse-staging"

[[env.staging.kv_namespaces]]
binding = "STORE"
`
    const lost = (binding: string, kind: string) =>
      `[env.staging] has no binding ${binding}, which it does not inherit. Add [[env.staging.${kind}]] with binding = "${binding}"`
    expect(warningsOf(text)).toEqual([
      lost('CERT', 'mtls_certificates'),
      lost('VPC', 'vpc_services'),
      lost('NETWORK', 'vpc_networks'),
    ])
  })

  it('without a KV namespace has every isolate ask', () => {
    expect(warningsOf('name = "gatehouse"\n')).toEqual([
      'has no KV namespace with the binding STORE, so that every isolate asks the issuers for their keys. Add [[kv_namespaces]] with binding = "STORE"',
    ])
  })

  it('is asked for an environment that it has', () => {
    const path = write(`${SHIPPED}\n[env.staging]\n`)
    expect(unknownEnvironment(path, undefined)).toBeUndefined()
    expect(unknownEnvironment(path, 'staging')).toBeUndefined()
    expect(unknownEnvironment(path, 'stagging')).toBe(
      'wrangler.toml has no [env.stagging]. There is staging',
    )
    expect(unknownEnvironment(write(SHIPPED), 'live')).toBe(
      'wrangler.toml has no [env.live]. Add [env.live]',
    )
  })
})
