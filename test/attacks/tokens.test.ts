import { beforeAll, describe, expect, it } from 'vitest'
import { CLAIM_ATTACKS, HEADER_ATTACKS, SIGNATURE_ATTACKS, type TokenAttack } from './tokens.ts'
import { createKeys, createWorld, type Keys, refusal } from './world.ts'

const TABLES: Record<string, TokenAttack[]> = {
  'a forged signature': SIGNATURE_ATTACKS,
  'a token that plays with its header and its form': HEADER_ATTACKS,
  'a token whose claims are not those of an access token for us, now': CLAIM_ATTACKS,
}

describe.each(Object.entries(TABLES))('%s is refused', (_, attacks) => {
  let keys: Keys
  beforeAll(async () => {
    keys = await createKeys()
  })

  for (const { ids, attack, token } of attacks)
    it(`${ids}: ${attack}`, async () => {
      const world = createWorld(keys)
      const forged = await token(world)
      for (const what of ['the first time', 'again']) {
        expect([what, ...(await refusal(await world.sendToken(forged)))]).toEqual([
          what,
          401,
          'invalid_token',
        ])
      }
      expect(world.received).toEqual([])
      expect(world.strayCalls).toEqual([])
      const good = await world.sendToken(await world.mint())
      expect(good.status).toBe(200)
    })
})
