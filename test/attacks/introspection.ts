// Answers of an introspection endpoint that have let somebody in who should have stayed outside.

import type { Members } from './world.ts'

export interface AnswerAttack {
  ids: string
  attack: string
  /** Members over those of a good answer; `undefined` deletes one. Text and lists stand for themselves. */
  answer: Members | string
  outcome: [status: number, code: string]
}

const REFUSED: AnswerAttack['outcome'] = [401, 'invalid_token']
const UNAVAILABLE: AnswerAttack['outcome'] = [503, 'issuer_unavailable']

export const ANSWER_ATTACKS: AnswerAttack[] = [
  {
    ids: 'CVE-2025-46647',
    attack: 'a token of another tenant',
    answer: { iss: 'https://other.test' },
    outcome: REFUSED,
  },
  { ids: 'CVE-2025-46647', attack: 'no issuer', answer: { iss: undefined }, outcome: REFUSED },
  { ids: 'CVE-2026-37979', attack: 'another audience', answer: { aud: 'other' }, outcome: REFUSED },
  { ids: 'CVE-2026-37979', attack: 'no audience', answer: { aud: undefined }, outcome: REFUSED },
  { ids: 'CVE-2026-3583', attack: 'active, and expired', answer: { exp: 1 }, outcome: REFUSED },
  { ids: 'mod_auth_openidc 2026', attack: 'no end', answer: { exp: undefined }, outcome: REFUSED },
  {
    ids: 'mod_auth_openidc 2026',
    attack: 'no word on being active',
    answer: { active: undefined },
    outcome: UNAVAILABLE,
  },
  {
    ids: 'RFC 7662 section 2.2',
    attack: 'active as text',
    answer: { active: 'true' },
    outcome: UNAVAILABLE,
  },
  {
    ids: 'RFC 7662 section 2.2',
    attack: 'active as a number',
    answer: { active: 1 },
    outcome: UNAVAILABLE,
  },
  {
    ids: 'CVE-2026-3583',
    attack: 'inactive, with all the claims',
    answer: { active: false },
    outcome: REFUSED,
  },
  {
    ids: 'RFC 9449 section 6.2',
    attack: 'a token that is bound to a key',
    answer: { cnf: { jkt: 'x' } },
    outcome: REFUSED,
  },
  {
    ids: 'RFC 9449 section 6.2',
    attack: 'a token of another type',
    answer: { token_type: 'DPoP' },
    outcome: REFUSED,
  },
  {
    ids: 'CVE-2026-41164',
    attack: 'a security event',
    answer: { events: {} },
    outcome: REFUSED,
  },
  { ids: 'CVE-2026-82462', attack: 'nobody', answer: { sub: undefined }, outcome: REFUSED },
  { ids: 'CVE-2023-27488', attack: 'no JSON', answer: '<html>', outcome: UNAVAILABLE },
  { ids: 'CVE-2023-27488', attack: 'nothing', answer: '', outcome: UNAVAILABLE },
  { ids: 'CVE-2023-27488', attack: 'a list', answer: '[{"active":true}]', outcome: UNAVAILABLE },
]
