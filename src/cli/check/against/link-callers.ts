/** Holders of links, as each of the two files would have them signed. */

import type { LinkOptions } from '../../../auth/link/options.ts'
import { signLink } from '../../../auth/link/sign.ts'
import { type Caller, inHeader, type Probing } from './caller.ts'

export function linkCallers({ files, numbers, now }: Probing): Caller[] {
  const all = files.flatMap(({ schemes }) =>
    Object.entries(schemes).flatMap(([name, scheme]) =>
      'links' in scheme ? [{ name, options: scheme.links as LinkOptions }] : [],
    ),
  )
  return all.flatMap(({ name, options }, index) =>
    [0, ...numbers]
      .filter((age) => age < 100_000)
      .flatMap((age) =>
        [false, true].map(
          (isPrefix): Caller => ({
            name: `a link of schemes.${name} (${index + 1}), ${age} s old${isPrefix ? ', to a prefix' : ''}`,
            isEverywhere: false,
            async show(url, headers) {
              const { from } = options
              const request = {
                now: now - age,
                prefix: isPrefix,
                user: options.bind?.user ? 'ada' : undefined,
              }
              const signed = await signLink(url, options, request).catch(() => undefined)
              if (!signed) return url
              if (!from || 'query' in from) return signed.url
              return inHeader(from.header, signed.token)(url, headers)
            },
          }),
        ),
      ),
  )
}
