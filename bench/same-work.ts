/**
 * A contender that checks less is not faster. Before anything is measured each one has to let a good token
 * through with its claims, and to refuse a bad signature, issuer, audience and an expired token.
 */

import type { Recipe } from './contest.ts'
import { end } from './processes.ts'
import { claims, createSigningKey, mint, SUBJECT } from './tokens.ts'
import type { World } from './world.ts'

/** Throws when a contender does not do the work that the others do. Asks a process that ends with this. */
export async function assertSameWork(name: string, recipe: Recipe, world: World): Promise<void> {
  const { url, child } = await recipe()
  const { key, issuerUrl } = world
  const good = claims(issuerUrl)
  const seen = await ask(url, await mint(key, good))
  if (seen.status !== 200) throw new Error(`${name}: a good token is ${seen.status}: ${seen.head}`)
  const subject = /^x-auth-subject: (.*)$/im.exec(seen.head)?.[1]
  const encoded = /^x-auth-claims: (.*)$/im.exec(seen.head)?.[1] ?? ''
  const received = JSON.parse(Buffer.from(encoded, 'base64').toString()) as { jti: string }
  if (subject !== SUBJECT || received.jti !== good.jti) throw new Error(`${name}: claims are lost`)
  if (/^authorization:/im.test(seen.head)) throw new Error(`${name}: the token went to the origin`)

  const now = Math.floor(Date.now() / 1000)
  const bad = {
    'a foreign signature': await mint(createSigningKey(), good),
    'an expired token': await mint(key, { ...good, exp: now - 3600 }),
    'another issuer': await mint(key, { ...good, iss: 'http://127.0.0.1:1' }),
    'another audience': await mint(key, { ...good, aud: 'another-api' }),
  }
  for (const [what, token] of Object.entries(bad)) {
    const { status } = await ask(url, token)
    if (status !== 401) throw new Error(`${name}: ${what} is ${status}`)
  }
  await end(child)
}

async function ask(url: string, token: string): Promise<{ status: number; head: string }> {
  const response = await fetch(`${url}/orders/echo`, {
    headers: { authorization: `Bearer ${token}`, 'x-auth-subject': 'somebody-else' },
  })
  return { status: response.status, head: (await response.text()).replaceAll('\r', '') }
}
