/** What the owner says about the line that the log has for each request. */

import { createHmac } from 'node:crypto'
import * as v from 'valibot'
import type { Feature } from '../auth/feature.ts'
import type { Principal } from '../auth/principal.ts'
import { options as optionsSchema } from '../options/options.ts'
import { flag, ratio, reportIssues, textLike, told } from '../options/schemas.ts'
import { explainSecret } from '../options/secret.ts'

export interface RequestLogOptions {
  /** `'plain'` writes who asked as the credential names them: a personal datum. Default: it is left out. */
  subject?: 'plain'
  /**
   * Writes who asked as an HMAC-SHA-256 under this key of 32 bytes or more (`env.LOG_KEY`): the lines of one caller
   * can be told from those of others, and only who has the key can tell whose they are. Default: it is left out.
   */
  subjectKey?: string
  /**
   * Which part of the requests that were answered with a status below 400 gets a line, from 0 to 1. Refusals, errors and
   * what is only tried out always get one. Default 1.
   */
  sampleRatio?: number
  /** Tells clients how long it took, in `Server-Timing`. Default false. */
  serverTiming?: boolean
}

/** The config's `log`, made by {@link requestLog}. */
export interface RequestLog {
  /** How the line calls a caller. */
  nameOf(principal: Principal): string | undefined
  readonly sampleRatio: number
  readonly serverTiming: boolean
}

const EXAMPLE = 'requestLog({ subjectKey: env.LOG_KEY })'

const schema = optionsSchema<RequestLogOptions>(
  {
    subject: v.exactOptional(
      told((value) =>
        value === 'plain' ? undefined : "must be 'plain', or left out for no subject in the log",
      ),
    ),
    subjectKey: v.exactOptional(
      textLike('env.LOG_KEY', (secret) => explainSecret(secret, 'subjects can be guessed')),
    ),
    sampleRatio: v.exactOptional(ratio),
    serverTiming: v.exactOptional(flag),
  },
  {
    example: EXAMPLE,
    examples: {
      subject: "'plain'",
      subjectKey: 'env.LOG_KEY',
      sampleRatio: '0.1',
      serverTiming: 'true',
    },
    otherNames: {
      sampling: 'sampleRatio',
      key: 'subjectKey',
      hmacKey: 'subjectKey',
      user: 'subject',
    },
  },
)

/** Says what the log has of a request. */
export function requestLog(given: RequestLogOptions = {}): Feature<RequestLog, string> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) return reportIssues(issues, path, to)
      if (given.subject !== undefined && given.subjectKey !== undefined) {
        to.report(path, 'has subject and subjectKey. Write one of the two')
      }
    },

    compile() {
      const { subject, subjectKey, sampleRatio = 1, serverTiming = false } = given
      return { nameOf: naming(subject, subjectKey), sampleRatio, serverTiming }
    },
  }
}

function naming(
  subject: RequestLogOptions['subject'],
  key: string | undefined,
): RequestLog['nameOf'] {
  if (key === undefined) return subject === 'plain' ? (caller) => caller.subject : () => undefined
  return (caller) => {
    if (caller.subject === undefined) return undefined
    const known = names.get(caller)
    if (known !== undefined) return known
    const name = subjectHash(key, caller.issuer, caller.subject)
    names.set(caller, name)
    return name
  }
}

/** A principal is kept for the token's next requests, and so is this. A gateway has one key. */
const names = new WeakMap<Principal, string>()

/** The HMAC of an issuer and a subject, as JSON, under the owner's key: 22 characters of base64url. */
export function subjectHash(key: string, issuer: string, subject: string): string {
  const hash = createHmac('sha256', key).update(JSON.stringify([issuer, subject]))
  return hash.digest('base64url').slice(0, 22)
}
