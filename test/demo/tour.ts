// What `npm run demo` says: a line to paste for each feature of its gateway.config.ts.

import { localUrl } from '../../src/cli/local/address.ts'
import { bearerOption, bold, dim, standInLines } from '../../src/cli/local/banner.ts'
import type { Started } from '../../src/cli/local/run.ts'
import { GOOD_KEY, REVOKED_KEY } from './keys.ts'
import { demoLinks } from './links.ts'

/** The text of the tour. */
export async function tour({ port, configs }: Started): Promise<string> {
  const url = localUrl(port)
  const token = bearerOption(port)
  const { good, ended } = await demoLinks(url)
  const readOnly = bearerOption(port, ' -- --scope orders:read')
  const tool = (params: string) =>
    `curl -i ${url}/mcp -H "Content-Type: application/json" -H "Accept: application/json, text/event-stream" -d '{"jsonrpc":"2.0","id":1,${params}}'`
  const call = (name: string) => tool(`"method":"tools/call","params":{"name":"${name}"}`)
  const stops: [what: string, line: string][] = [
    ['a token is missing: 401', `curl -i ${url}/orders/42`],
    ['the claims of a token', `curl ${url}/api/claims ${token}`],
    ['what a service gets: headers that say who is calling', `curl ${url}/orders/42 ${token}`],
    [
      'the public keys that its X-Auth-Assertion is checked with',
      `curl ${url}/.well-known/gatehouse/jwks.json`,
    ],
    ['a scope is missing: 403', `curl -i -X POST ${url}/orders ${readOnly}`],
    ['a role is missing: 403', `curl -i ${url}/admin/users ${token}`],
    ['an API key: what a service gets', `curl ${url}/stock/7 -H "X-API-Key: ${GOOD_KEY}"`],
    ['an API key that was revoked: 401', `curl -i ${url}/stock/7 -H "X-API-Key: ${REVOKED_KEY}"`],
    ['a signed link, which needs no token', `curl "${good}"`],
    ['a signed link that has ended: 401', `curl -i "${ended}"`],
    [
      'a token of Cloudflare Access, as "cloudflared access curl" sends it',
      `curl ${url}/staff/1 -H "cf-access-token: $(curl -s ${url}/tour/access-token)"`,
    ],
    [
      'people: open this page in a browser, and sign in as ada@example.com with analytical-engine',
      `${url}/people`,
    ],
    ['open to all, and a token says who it is', `curl ${url}/news`],
    ['open to all, answered by the gateway itself', `curl ${url}/status`],
    [
      'four requests where three in a minute may come: the last is 429',
      `for i in 1 2 3 4; do curl -is ${url}/limited | grep -iE "^(HTTP|RateLimit|Retry)"; done`,
    ],
    ['stored for a minute: the same time again, and Cache-Status: hit', `curl -i ${url}/catalogue`],
    ['no such path: 404', `curl -i ${url}/elsewhere`],
    ['another method: 405', `curl -i -X DELETE ${url}/orders/42 ${token}`],
    ['a path that two servers might read differently: 400', `curl -i ${url}/orders/..%2fadmin`],
    ['a service that does not run on this machine: 501', `curl ${url}/reports/1 ${token}`],
    [
      'an MCP server: the tools that this token may call, two of three',
      `${tool('"method":"tools/list"')} ${readOnly}`,
    ],
    ['a tool that this token may call', `${call('orders_read')} ${readOnly}`],
    ['a tool that asks for another scope: 403', `${call('orders_cancel')} ${readOnly}`],
    ['a tool that no rule names: 400', `${call('orders_delete')} ${token}`],
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
