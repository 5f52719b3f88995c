/**
 * What an entry that takes access tokens may ask beside the token: whether whoever shows it also has what it is
 * bound to (RFC 7800). A check that is not imported is not in the bundle.
 */

import * as v from 'valibot'
import type { Reporter } from '../../options/schemas.ts'
import type { Extras, House } from '../feature.ts'
import type { Scheme } from '../scheme.ts'

/** An item of the option `possession`, made by a function such as `dpop({ … })`. */
export interface PossessionFeature {
  /** The member of `cnf` that it checks. */
  readonly confirms: string
  /** Reports every problem with its options, below `path`. */
  check(path: string, to: Reporter): void
  /** The scheme with the check around it. */
  around(scheme: Scheme & Extras, house: House): Scheme & Extras
}

const EXAMPLE = '[dpop({ state: env.STATE })]'

function isFeature(value: unknown): value is PossessionFeature {
  return typeof Object(value).confirms === 'string' && typeof Object(value).around === 'function'
}

/** The owner's option. */
export const possessionFeatures = v.pipe(
  v.array(
    v.custom<PossessionFeature>(isFeature, `must be made by dpop(…) or mtls(…), as in ${EXAMPLE}`),
    `must be a list in [ ], for example ${EXAMPLE}`,
  ),
  v.minLength(1, `is an empty list. Write ${EXAMPLE}, or take this option out`),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const features = dataset.value
    const add = (index: number, key: string | undefined, message: string) => {
      const item = { type: 'unknown', origin: 'value', input: features } as const
      const at = { ...item, key: index, value: undefined }
      const below = key === undefined ? [] : [{ ...item, key, value: undefined }]
      addIssue({ message, path: [at, ...below] })
    }
    for (const [index, feature] of features.entries()) {
      // What is reported begins with a dot, as a member does.
      feature.check('', {
        report: (path, text) => add(index, path.slice(1) || undefined, text),
      })
      const earlier = features.slice(0, index)
      if (earlier.some(({ confirms }) => confirms === feature.confirms)) {
        add(index, undefined, 'stands here twice. Write it once')
      }
    }
  }),
)
