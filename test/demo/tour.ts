// What `npm run demo` says: a line to paste for each feature of its gateway.config.ts.

import { localUrl } from '../local/address.ts'
import { bearerOption, bold, dim, standInLines } from '../local/banner.ts'
import type { Started } from '../local/run.ts'
import { GOOD_KEY, REVOKED_KEY } from './keys.ts'
import { demoLinks } from './links.ts'

/** The text of the tour. */
export async function tour({ port, configs }: Started): Promise<string> {
  const url = localUrl(port)
  const token = bearerOption(port)
  const { good, ended } = await demoLinks(url)
  const readOnly = bearerOption(port, ' -- --scope orders:read')
  const stops: [what: string, line: string][] = [
    ['a token is missing: 401', `curl -i ${url}/orders/42`],
    ['the claims of a token', `curl ${url}/api/claims ${token}`],
    ['what a service gets: headers that say who is calling', `curl ${url}/orders/42 ${token}`],
    ['a scope is missing: 403', `curl -i -X POST ${url}/orders ${readOnly}`],
    ['a role is missing: 403', `curl -i ${url}/admin/users ${token}`],
    ['an API key: what a service gets', `curl ${url}/stock/7 -H "X-API-Key: ${GOOD_KEY}"`],
    ['an API key that was revoked: 401', `curl -i ${url}/stock/7 -H "X-API-Key: ${REVOKED_KEY}"`],
    ['a signed link, which needs no token', `curl "${good}"`],
    ['a signed link that has ended: 401', `curl -i "${ended}"`],
    ['open to all, and a token says who it is', `curl ${url}/news`],
    ['open to all, answered by the gateway itself', `curl ${url}/status`],
    ['stored for a minute: the same time again, and Cache-Status: hit', `curl -i ${url}/catalogue`],
    ['no such path: 404', `curl -i ${url}/elsewhere`],
    ['another method: 405', `curl -i -X DELETE ${url}/orders/42 ${token}`],
    ['a path that two servers might read differently: 400', `curl -i ${url}/orders/..%2fadmin`],
    ['a service that does not run on this machine: 501', `curl ${url}/reports/1 ${token}`],
    [
      'where an MCP client learns how to get a token',
      `curl ${url}/.well-known/oauth-protected-resource/orders`,
    ],
  ]
  return [
    '',
    `  ${bold('Gatehouse')} shows its features on ${bold(url)}`,
    ...standInLines(configs.standIns),
    '',
    `  ${dim('Paste these lines into another terminal, in this folder. The routes are in test/demo/gateway.config.ts.')}`,
    ...stops.flatMap(([what, line]) => ['', `  ${dim(`# ${what}`)}`, `  ${line}`]),
    '',
    `  ${dim('Each request is shown here. Ctrl-C stops everything.')}`,
    '',
  ].join('\n')
}
