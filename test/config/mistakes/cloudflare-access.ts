// The options of cloudflareAccess.

import { inAccess, type Mistake } from './mistake.ts'

const TEAM = "team: 'acme'"
const AUD = 'audience: env.ACCESS_AUD'

export const CLOUDFLARE_ACCESS: readonly Mistake[] = [
  inAccess(
    'Access without options',
    '',
    "schemes.staff: must be an object of options, for example cloudflareAccess({ team: 'acme', audience: env.ACCESS_AUD })",
  ),
  inAccess(
    'Access without an audience',
    `{ ${TEAM} }`,
    'schemes.staff.audience: is missing. Add it, for example audience: env.ACCESS_AUD',
  ),
  inAccess(
    'an audience of Access that is not set',
    `{ ${TEAM}, audience: env.EMPTY }`,
    'schemes.staff.audience: is empty. A variable or secret that is not set arrives like this: set it (in .dev.vars, and with "npx wrangler secret put <NAME>"), or write a value, for example env.ACCESS_AUD',
  ),
  inAccess(
    'an audience that is no tag',
    `{ ${TEAM}, audience: env.CLIENT_ID }`,
    'schemes.staff.audience: must be the Application Audience (AUD) Tag, which has 64 characters of 0-9 and a-f',
  ),
  inAccess(
    'a team with its domain',
    `{ team: 'acme.cloudflareaccess.com', ${AUD} }`,
    "schemes.staff.team: must be the name of the team alone: 'acme' of acme.cloudflareaccess.com",
  ),
  inAccess(
    'teamDomain instead of team',
    `{ teamDomain: 'acme', ${TEAM}, ${AUD} }`,
    'schemes.staff.teamDomain: is not an option. Did you mean team?',
  ),
  inAccess(
    'a place of its own for a token of Access',
    `{ ${TEAM}, ${AUD}, tokenFrom: [{ header: 'cf-access-token' }] }`,
    'schemes.staff.tokenFrom: is not an option. Access has places of its own. For "cloudflared access curl" write cloudflared: true',
  ),
  inAccess(
    'cloudflared in quotes',
    `{ ${TEAM}, ${AUD}, cloudflared: 'true' }`,
    'schemes.staff.cloudflared: must be true or false, without quotes',
  ),
  inAccess(
    'groups beside identity',
    `{ ${TEAM}, ${AUD}, groups: 'id' }`,
    "schemes.staff.groups: is not an option. Did you mean identity: { groups: 'id' }?",
  ),
  inAccess(
    'groups by nothing',
    `{ ${TEAM}, ${AUD}, identity: { groups: true } }`,
    "schemes.staff.identity.groups: must be 'id', or 'name' where only people you trust can name groups",
  ),
  inAccess(
    'posture instead of devicePosture',
    `{ ${TEAM}, ${AUD}, identity: { posture: true } }`,
    'schemes.staff.identity.posture: is not an option. Did you mean devicePosture?',
  ),
]
