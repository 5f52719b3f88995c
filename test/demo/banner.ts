// What `npm start` says when everything runs: what is where, and lines to paste.

import { styleText } from 'node:util'
import { demoUrl, npmCommand } from './address.ts'

/** The text of the banner. Coloured only where the terminal shows colours. */
export function banner(demo: { port: number; accessToken: string; expiresInSeconds: number }) {
  const url = demoUrl(demo.port)
  const bearer = `-H "Authorization: Bearer $(${npmCommand(demo.port, 'run -s token')})"`
  return [
    '',
    `  ${bold('Gatehouse')} is open on ${bold(url)}`,
    '',
    `  ${url}/api/claims   ${dim('the gateway answers: who it takes you for')}`,
    `  ${url}/oauth2/…     ${dim('the authorization server, over a service binding')}`,
    `  ${url}/…            ${dim('a sample origin: echoes what reached it')}`,
    '',
    `  ${dim('Paste into another terminal, in this folder.')}`,
    '',
    `  ${dim('# no credential: 401')}`,
    `  curl -i ${url}/api/claims`,
    '',
    `  ${dim('# a token: 200, and its claims')}`,
    `  curl -i ${url}/api/claims ${bearer}`,
    '',
    `  ${dim('# what the origin sees: proof from the gateway, nothing forged')}`,
    `  curl ${url}/orders/42 -H 'X-Auth-Subject: mallory' ${bearer}`,
    '',
    `  ${dim(`A token, good for ${Math.round(demo.expiresInSeconds / 60)} minutes:`)}`,
    '',
    demo.accessToken,
    '',
    `  ${dim('Ctrl-C stops everything.')}`,
    '',
  ].join('\n')
}

function bold(text: string): string {
  return styleText('bold', text)
}

function dim(text: string): string {
  return styleText('dim', text)
}
