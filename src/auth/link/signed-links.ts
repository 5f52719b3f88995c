/** Links that let in whoever has them, for a while: to a download, or for an app to everything below a path. */

import type { SchemeFeature } from '../feature.ts'
import { checkLinkOptions, type LinkOptions } from './options.ts'
import { linkScheme } from './scheme.ts'

export interface SignedLinks extends SchemeFeature {
  /** For who signs. */
  readonly links: LinkOptions
}

/** Signed links, in a format of the gateway's own or in that of Cloudflare's Token Authentication. */
export function signedLinks(options: LinkOptions): SignedLinks {
  return {
    links: options,
    check: (path, to) => checkLinkOptions(options, path, to),
    compile: (name, { now }) => linkScheme(name, options, now),
  }
}
