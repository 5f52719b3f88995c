import { describe, expect, it } from 'vitest'
import { readClientDocument } from '../../src/issuer/oidc/client-documents.ts'
import { createOutside, type Outside } from '../../src/issuer/oidc/outside.ts'

const ID = 'https://client.example/oauth/metadata.json'

describe('the document of a client', () => {
  const document = { client_id: ID, redirect_uris: ['https://client.example/callback'] }

  function outside(body: unknown, init: ResponseInit = {}): Outside {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return createOutside('https://auth.example.com', async () => new Response(text, init))
  }
  const read = (from: Outside, hosts?: string[], id = ID) =>
    readClientDocument(from, hosts, ['openid', 'orders:read'], id)

  it('is a public client of what it may ask for', async () => {
    const { metadata, seconds } = await read(
      outside({ ...document, client_name: 'Cli', scope: 'openid root', roles: ['admin'] }),
    )
    expect(seconds).toBe(300)
    expect(JSON.parse(metadata)).toEqual({
      client_id: ID,
      client_name: 'Cli',
      redirect_uris: ['https://client.example/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'web',
      scope: 'openid',
      self_registered: true,
    })
  })

  it.each([
    ['max-age=600', 600],
    ['max-age=1', 300],
    ['public, max-age=99999999', 86_400],
    ['no-store', 300],
  ])('with "cache-control: %s" is kept for %i seconds', async (value, seconds) => {
    const answer = outside(document, { headers: { 'cache-control': value } })
    expect((await read(answer)).seconds).toBe(seconds)
  })

  it.each([
    ['names another client', { ...document, client_id: `${ID}?` }, {}],
    ['holds a secret', { ...document, client_secret: 's' }, {}],
    ['wants one', { ...document, token_endpoint_auth_method: 'client_secret_basic' }, {}],
    ['has no redirect URI', { ...document, redirect_uris: [] }, {}],
    ['is called back in the open', { ...document, redirect_uris: ['http://client.example/'] }, {}],
    ['is no object', '[]', {}],
    ['is no JSON', '<html>', {}],
    ['is longer than 5 KiB', { ...document, client_name: 'x'.repeat(5120) }, {}],
    ['is elsewhere', '', { status: 302, headers: { location: 'https://other.example/' } }],
    ['is gone', document, { status: 404 }],
  ])('is refused where it %s', async (_, body, init) => {
    await expect(read(outside(body, init))).rejects.toMatchObject({ error: 'invalid_client' })
  })

  it('is read from the hosts that the owner lists, where there is a list', async () => {
    await expect(read(outside(document), ['client.example'])).resolves.toBeDefined()
    await expect(read(outside(document), ['other.example'])).rejects.toMatchObject({
      error: 'invalid_client',
    })
  })

  it.each([
    'https://127.0.0.1/c.json',
    'https://[::1]/c.json',
    'https://[::ffff:10.0.0.1]/c.json',
    'https://10.0.0.1/c.json',
    'https://172.16.0.1/c.json',
    'https://192.168.1.1/c.json',
    'https://169.254.169.254/latest/meta-data',
    'https://100.64.0.1/c.json',
    'https://0.0.0.0/c.json',
    'https://2130706433/c.json',
    'https://0x7f.1/c.json',
    'https://8.8.8.8/c.json',
    'https://localhost/c.json',
    'https://a.localhost/c.json',
    'https://printer.local/c.json',
    'https://metadata.internal/c.json',
    'https://intranet/c.json',
    'https://127.0.0.1.nip.io/c.json',
    'https://localtest.me/c.json',
    'https://auth.example.com/c.json',
    'https://user:password@client.example/c.json',
    'http://client.example/c.json',
    'http://localhost/c.json',
    'ftp://client.example/c.json',
  ])('is not asked for at %s', async (id) => {
    let requests = 0
    const counting = createOutside('https://auth.example.com', async () => {
      requests++
      return new Response('{}')
    })
    await expect(read(counting, undefined, id)).rejects.toMatchObject({ error: 'invalid_client' })
    await expect(counting.fetch(id)).rejects.toThrow('is not asked')
    expect(requests).toBe(0)
  })
})
