// Ten questions of somebody who has never heard of the project: each is a row of the index, which leads to a page that
// answers it in these words.

import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'
import { linksIn, textOf } from './pages.ts'

const INDEX = 'docs/README.md'

const QUESTIONS: readonly [question: RegExp, page: string, answer: RegExp][] = [
  [
    /Keycloak's realm roles/,
    'docs/providers/keycloak.md',
    /realm_access[\s\S]*A role of the realm/i,
  ],
  [/Why is my token 401/, 'docs/errors.md', /`aud does not name this API`/],
  [/browser app on another origin/, 'docs/cors.md', /cors\(\{ origins: \['https:/],
  [
    /give a partner a key, and take it back/,
    'docs/api-keys.md',
    /api-key -- create[\s\S]*api-key -- revoke/,
  ],
  [
    /private files behind links that end/,
    'docs/signed-links.md',
    /signedLinks\(\{ keys: \[env\.LINK_KEY\], ttlSeconds/,
  ],
  [
    /How many requests may one customer/,
    'docs/limits.md',
    /## Where you see it[\s\S]*rate_limited/,
  ],
  [/came through the gateway/, 'docs/assertion.md', /X-Auth-Assertion/],
  [
    /without a second door/,
    'docs/production.md',
    /workers_dev = false[\s\S]*hosts: \['api\.example\.com'\]/,
  ],
  [
    /cut off a stolen token, and how fast/,
    'docs/revocation.md',
    /npm run revoke[\s\S]*Within 60 seconds/,
  ],
  [
    /identity provider is down for an hour/,
    'docs/how-it-works.md',
    /your identity provider \| nothing for 24 hours/,
  ],
]

it.each(QUESTIONS)('answers %s in %s', (question, page, answer) => {
  const row = textOf(INDEX)
    .split('\n')
    .find((line) => line.startsWith('|') && question.test(line))
  expect(row).toBeDefined()
  const leads = linksIn(INDEX).map(({ path }) => normalize(join(dirname(INDEX), path)))
  expect(leads).toContain(page)
  expect(row).toContain(page.replace('docs/', ''))
  expect(textOf(page)).toMatch(answer)
})
