import { describe, expect, it } from 'vitest'
import type { LinkOptions } from '../../src/auth/link/options.ts'
import { signedLinks } from '../../src/auth/link/signed-links.ts'
import { readArguments, signUrl } from '../../src/cli/sign-url/command.ts'
import { createLinkGateway, KEY, NOW, OTHER_KEY } from '../support/links.ts'

const URL_ = 'https://api.test/a?x=1'
const VARIABLES: Record<string, string> = { NEW_KEY: OTHER_KEY, SHORT: 'short' }

function run(line: string, options: Partial<LinkOptions> = {}, more = {}): Promise<string> {
  const links = signedLinks({ keys: [KEY], ttlSeconds: 600, ...options } as LinkOptions)
  const args = readArguments(line.split(' ').filter(Boolean))
  return signUrl(args, { links, ...more }, (name) => VARIABLES[name], NOW)
}

describe('npm run sign-url', () => {
  it('prints a link that the gateway takes, for as long as it was told', async () => {
    const { send, clock } = await createLinkGateway()
    const link = await run(`${URL_} --ttl 60 --user ada`)
    expect((await send(link)).status).toBe(200)
    clock.now = NOW + 60
    expect((await send(link)).status).toBe(401)
  })

  it('prints one for a prefix, an address and a cookie', async () => {
    const options = { prefix: { methods: ['POST'] }, bind: { address: true, cookie: 'device' } }
    const { send } = await createLinkGateway(options)
    const link = await run('https://api.test/api --prefix --ip 203.0.113.7 --cookie d1', options)
    const headers = { 'cf-connecting-ip': '203.0.113.7', cookie: 'device=d1' }
    const below = link.replace('.test/api', '.test/api/orders')
    expect((await send(below, { method: 'POST', headers })).status).toBe(200)
  })

  it('signs with the key in a variable, and prints the token for a header', async () => {
    const options = { keys: [OTHER_KEY], from: { header: 'x-link' } }
    const { send } = await createLinkGateway(options)
    const token = await run(`${URL_} --key NEW_KEY`, { from: { header: 'x-link' } })
    expect((await send(URL_, { headers: { 'x-link': token } })).status).toBe(200)
  })

  const WRONG: readonly (readonly [line: string, says: RegExp])[] = [
    ['', /^Give one URL, in quotes/],
    [`${URL_} b`, /^Give one URL, in quotes/],
    ['/a', /^The URL must be whole/],
    [`${URL_}#b`, /^The URL must be whole/],
    ['https://api.test/a//b', /^The path can be read in two ways/],
    [`${URL_}&verify=1`, /^The URL already has the parameter verify/],
    [`${URL_} --ttl 10m`, /^--ttl must be a whole number of seconds/],
    [`${URL_} --ttl 601`, /^A link is good for 1 to 600 whole seconds here/],
    [`${URL_} --ttl 0`, /^A link is good for 1 to 600 whole seconds here/],
    [`${URL_} --prefix`, /^The entry takes no links to a prefix/],
    [`${URL_} --ip 203.0.113.7`, /^The entry binds links to no address/],
    [`${URL_} --cookie d1`, /^The entry binds links to no cookie/],
    [`${URL_} --scheme other`, /^--scheme must be one of links$/],
    [`${URL_} --key ${KEY}`, /^--key must be the name of a variable(?!.*A7fPq)/],
    [`${URL_} --key SHORT`, /^The key that --key names has 5 bytes/],
    [`${URL_} --tll 600`, /^Unknown option '--tll'/],
  ]
  it.each(WRONG)('says what to do: %s', async (line, says) => {
    await expect((async () => run(line))()).rejects.toThrow(says)
  })

  it('says what to do where no entry makes links, or several do', async () => {
    const links = signedLinks({ keys: [KEY], ttlSeconds: 600 })
    await expect(run(URL_, {}, { links: {} })).rejects.toThrow(/^No entry of schemes/)
    await expect(run(URL_, {}, { more: links })).rejects.toThrow(/Add --scheme: links, more$/)
  })
})
