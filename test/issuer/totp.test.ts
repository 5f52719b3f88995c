import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newTotpSecret, totpStep } from '../../src/issuer/oidc/totp.ts'
import { Totp } from '../../src/issuer/storage/totp.ts'
import { codeAt, readQrCode } from './authenticator-app.ts'
import { memorySql } from './sqlite.ts'
import { ISSUER, Person, startIssuer, type Visit, type World } from './world.ts'

const REDIRECT = 'https://app.example.com/callback'
const PASSWORD = 'correct horse battery staple'
const ACCOUNT = `${ISSUER}/oauth2/account`
/** Of RFC 6238 appendix B: "12345678901234567890" in base 32. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

describe('a one-time code', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
  ])('at %i is that of RFC 6238', (now, code) => {
    expect(totpStep(RFC_SECRET, code, now, 0)).toBe(Math.floor(now / 30))
  })

  it('may be one step early or late, and is used once', () => {
    const now = 1_800_000_000
    const code = codeAt(RFC_SECRET, now)
    const step = now / 30
    expect(totpStep(RFC_SECRET, code, now + 30, 0)).toBe(step)
    expect(totpStep(RFC_SECRET, code, now - 30, 0)).toBe(step)
    expect(totpStep(RFC_SECRET, code, now + 60, 0)).toBeUndefined()
    expect(totpStep(RFC_SECRET, code, now, step)).toBeUndefined()
    expect(totpStep(newTotpSecret(), code, now, 0)).toBeUndefined()
    expect(totpStep(RFC_SECRET, 'abcdef', now, 0)).toBeUndefined()
  })

  it('is tried ten times in a quarter of an hour', () => {
    const totp = new Totp(memorySql('person'))
    totp.begin('sealed')
    expect(totp.try(1000)).toBeUndefined()
    totp.confirm(1)
    for (let i = 0; i < 10; i++) expect(totp.try(1000)).toEqual({ secret: 'sealed', lastStep: 1 })
    expect(totp.try(1899)).toBeUndefined()
    expect(totp.try(1900)).toBeDefined()
    expect(totp.use(2)).toBe(true)
    expect(totp.use(2)).toBe(false)
  })
})

describe('an authenticator app', () => {
  let world: World

  beforeAll(async () => {
    world = await startIssuer({ ISSUER_KEY_SECRET: 'k'.repeat(32) })
    const redirectUris = [REDIRECT]
    await world.admin({ command: 'client add', id: 'spa', kind: 'public', redirectUris })
    await world.admin({ command: 'user add', login: 'ada', password: PASSWORD })
  })

  afterAll(() => world.close())

  async function typePassword(): Promise<{ person: Person; page: Visit }> {
    const person = new Person(world)
    const start = await person.visit(
      `${ISSUER}/oauth2/authorize?${new URLSearchParams({
        client_id: 'spa',
        response_type: 'code',
        redirect_uri: REDIRECT,
        scope: 'openid',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      })}`,
    )
    const page = await person.submit(start, '/login', { login: 'ada', password: PASSWORD })
    return { person, page }
  }

  it('reads its key from a picture', async () => {
    const { person, page } = await typePassword()
    await person.submit(page, '/consent')
    const setup = await person.submit(await person.visit(ACCOUNT), '/totp-start')
    const key = /<strong class="code">([^<]*)</.exec(setup.text)?.[1] ?? ''
    expect(setup.text).toContain(`role="img" aria-label="QR code with the key ${key}"`)
    expect(setup.headers.get('content-security-policy')).toContain("img-src 'self';")
    const secret = key.replaceAll(' ', '')
    expect(secret).toHaveLength(32)
    expect(readQrCode(setup.text)).toBe(
      `otpauth://totp/Sign%20in:ada?secret=${secret}&issuer=Sign%20in`,
    )
  })

  it('is asked for a code after the password, once it was set up, until it is switched off', async () => {
    const first = await typePassword()
    await first.person.submit(first.page, '/consent')
    const account = await first.person.visit(ACCOUNT)
    const setup = await first.person.submit(account, '/totp-start')
    const secret = (/<strong class="code">([^<]*)</.exec(setup.text)?.[1] ?? '').replaceAll(' ', '')
    const wrong = await first.person.submit(setup, '/totp-confirm', { code: '000000' })
    expect([wrong.status, wrong.text.includes('not right')]).toEqual([400, true])
    // Not on before a code was shown.
    expect((await typePassword()).page.text).toContain('/consent"')
    const now = () => Date.now() / 1000
    const before = codeAt(secret, now() - 30)
    const on = await first.person.submit(wrong, '/totp-confirm', { code: before })
    expect(on.text).toContain('Switch it off')

    const { person, page } = await typePassword()
    expect(page.text).toContain('One more step')
    expect((await person.visit(ACCOUNT)).status).toBe(401)
    const refused = await person.submit(page, '/code', { code: '000000' })
    expect([refused.status, refused.text.includes('not right')]).toEqual([401, true])
    const code = codeAt(secret, now())
    const consent = await person.submit(refused, '/code', { code })
    expect(consent.text).toContain('/consent"')

    const thief = await typePassword()
    expect((await thief.person.submit(thief.page, '/code', { code })).status).toBe(401)
    const stranger = new Person(world)
    const init = {
      method: 'POST',
      headers: { origin: ISSUER },
      body: new URLSearchParams({ code }),
    }
    expect(
      (await stranger.visit(`${thief.page.url.href.replace('/login', '')}/code`, init)).status,
    ).toBe(400)

    await first.person.submit(await first.person.visit(ACCOUNT), '/totp-remove')
    expect((await typePassword()).page.text).toContain('/consent"')
  })
})
