import { describe, expect, it } from 'vitest'
import { readKeyText } from '../../src/auth/key/key-text.ts'
import { createKeyWorld } from '../support/api-keys.ts'
import { KEY_ATTACKS } from './api-keys.ts'

/** A refusal as its sender sees it, without what is of the request alone. */
async function seen(response: Response) {
  const { instance: _, ...body } = (await response.json()) as { instance: string }
  return { status: response.status, headers: Object.fromEntries(response.headers), body }
}

const BAD = {
  status: 401,
  headers: {
    'cache-control': 'no-store',
    'content-type': 'application/problem+json',
    'www-authenticate': 'ApiKey header="x-api-key", error="api_key_invalid"',
  },
  body: {
    type: 'urn:gatehouse:error:api_key_invalid',
    title: 'The API key is not valid',
    status: 401,
    code: 'api_key_invalid',
    detail: 'Check the key, or ask the owner of this API for a new one.',
  },
}

describe('what is no good API key', () => {
  it.each(KEY_ATTACKS.map((attack) => [`${attack.ids}: ${attack.attack}`, attack] as const))(
    'is refused like every other one: %s',
    async (_, { sent, reads }) => {
      const { sendKey, key, keys, received, events } = await createKeyWorld()
      const parts = readKeyText(key.text)
      const text = sent(key.text, parts ?? { id: '', secret: '' })
      expect(await seen(await sendKey(text))).toEqual(BAD)
      expect(keys.reads).toBe(reads)
      expect(received).toEqual([])
      // One line, one object, and nothing in it of what was sent or of the secret that is right.
      const lines = events.map((event) => JSON.stringify(event))
      expect(lines).toHaveLength(1)
      const [, , secret = ''] = text.split('_')
      for (const word of [text, parts?.secret ?? '', ...(secret.length > 5 ? [secret] : [])]) {
        expect(lines.join()).not.toContain(word)
      }
      expect(JSON.parse(lines[0] ?? '')).not.toMatchObject({ subject: 'admin' })
    },
  )

  it('P45: is told from an outage by its status, and an outage says nothing of the key', async () => {
    const { sendKey, key, keys } = await createKeyWorld()
    keys.fault = 'throws'
    const { status, headers, body } = await seen(await sendKey(key.text))
    expect([status, headers['retry-after'], headers['www-authenticate']]).toEqual([
      503,
      '5',
      undefined,
    ])
    expect(JSON.stringify(body)).not.toContain(key.stored.id)
  })

  it('CVE-2022-23469, CVE-2025-62232: has its secret in no line of the log where it is good either', async () => {
    const { sendKey, key, events } = await createKeyWorld()
    await sendKey(key.text)
    expect(JSON.stringify(events)).not.toContain(readKeyText(key.text)?.secret)
    expect(JSON.stringify(events)).not.toContain(key.stored.hash)
  })

  it('P39: is kept as a hash alone', async () => {
    const { key, keys } = await createKeyWorld()
    const kept = JSON.stringify([...keys.entries])
    expect(kept).not.toContain(readKeyText(key.text)?.secret)
    expect(kept).toContain(key.stored.hash)
  })
})
