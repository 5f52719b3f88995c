// What an owner says about stored answers.

import { inRoute, type Mistake } from './mistake.ts'

const inCache = (name: string, written: string, ...messages: string[]) =>
  importing(
    inRoute(
      name,
      `path: '/orders/*', to: env.ORIGIN, cache: ${written}`,
      ...messages.map((message) => `routes[1] (/orders/*).cache${message}`),
    ),
  )

function importing(mistake: Mistake): Mistake {
  return { ...mistake, file: `import { cached } from './edge/cache/cached.ts'\n${mistake.file}` }
}

export const CACHING: readonly Mistake[] = [
  inCache('a cache that is switched on', 'true', ": must be made by cached({ share: 'subject' })"),
  inCache(
    'a cache for nobody in particular',
    'cached({})',
    ".share: is missing. Add it, for example share: 'subject'",
  ),
  inCache(
    'a cache for a word that means nothing',
    "cached({ share: 'user' })",
    ".share: must be 'everyone', 'subject', or a list of claims such as ['tenant']",
  ),
  inCache(
    'a lifetime that is the origin’s to say',
    "cached({ share: 'subject', ttlSeconds: 60 })",
    '.ttlSeconds: is not an option. Take it out: the origin says how long, with Cache-Control: max-age',
  ),
  inCache(
    'tags without a store',
    "cached({ share: 'subject', tags: ['orders'] })",
    '.tags: needs the KV namespace in which a purge is noted. Add store: env.STORE',
  ),
  inCache(
    'a length in words',
    "cached({ share: 'subject', maxBytes: '10 MB' })",
    '.maxBytes: must be a whole number of bytes from 1 to 536870912, for example 10485760',
  ),
]
