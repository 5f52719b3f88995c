// What `npm start` says when everything runs: what stands in for what, and lines to paste.

import { styleText } from 'node:util'
import { localUrl, npmCommand } from './address.ts'
import type { Started } from './run.ts'
import { ADA, API, LOGIN_DOOR } from './world.ts'

/** The text of the banner. Coloured only where the terminal shows colours. */
export function banner({ port, configs, token, isRefusing }: Started): string {
  const url = localUrl(port)
  return [
    '',
    `  ${bold('Gatehouse')} runs your src/gateway.config.ts on ${bold(url)}`,
    ...(isRefusing
      ? [`  ${bold('Every request is refused with 500 until its problems are gone.')}`]
      : []),
    ...standInLines(configs.standIns),
    '',
    `  ${dim('Paste these lines into another terminal, in this folder.')}`,
    '',
    `  ${dim('# without a token: 401')}`,
    `  curl -i ${url}/api/claims`,
    ...(token ? localLines(port) : foreignLines(url, configs.issuer)),
    ...(token ? tokenLines(token) : []),
    '',
    `  ${dim('A change of your files is live at once. Ctrl-C stops everything.')}`,
    '',
  ].join('\n')
}

/** What stands in for what the owner has not set. */
export function standInLines(standIns: readonly string[]): string[] {
  return standIns.length === 0
    ? []
    : ['', `  ${dim('On this machine:')}`, ...standIns.map((text) => `  - ${text}`)]
}

/** The token that was fetched, for those who would rather copy it. */
export function tokenLines(token: NonNullable<Started['token']>): string[] {
  const minutes = Math.round(token.expiresInSeconds / 60)
  return ['', `  ${dim(`A token, good for ${minutes} minutes:`)}`, '', token.accessToken]
}

/** A header with a fresh token, as a shell fills it in. */
export function bearerOption(port: number, options = ''): string {
  return `-H "Authorization: Bearer $(${npmCommand(port, `run -s token${options}`)})"`
}

function localLines(port: number): string[] {
  const url = localUrl(port)
  const login = { loginId: ADA.login, password: ADA.password, applicationId: API.id, noJWT: false }
  const headers = `-H 'Authorization: ${LOGIN_DOOR.apiKey}' -H 'Content-Type: application/json'`
  return [
    '',
    `  ${dim('# with a token: 200 and its claims')}`,
    `  curl -i ${url}/api/claims ${bearerOption(port)}`,
    '',
    `  ${dim('# what your service sees: who is calling, and no header that the client made up')}`,
    `  curl ${url}/orders/42 -H 'X-Auth-Subject: mallory' ${bearerOption(port)}`,
    '',
    `  ${dim("# the two calls of FusionAuth's guide: a person signs in, and the token opens the API")}`,
    `  LOGIN=$(curl -s ${url}${LOGIN_DOOR.path} ${headers} -d '${JSON.stringify(login)}'); echo "$LOGIN"`,
    `  curl -i ${url}/api/claims -H "Authorization: Bearer $(echo "$LOGIN" | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')"`,
  ]
}

function foreignLines(url: string, issuer = ''): string[] {
  return [
    '',
    `  ${dim(`# with a token of ${issuer}: 200 and its claims`)}`,
    `  curl -i ${url}/api/claims -H "Authorization: Bearer $TOKEN"`,
  ]
}

export function bold(text: string): string {
  return styleText('bold', text)
}

export function dim(text: string): string {
  return styleText('dim', text)
}
