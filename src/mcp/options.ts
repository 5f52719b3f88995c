/** What an owner says about an MCP server: which tools, prompts and resources are there, and for whom. */

import * as v from 'valibot'
import type { AnyOf } from '../auth/authorize.ts'
import { type Needs, needsSchema } from '../auth/needs.ts'
import { isSecureUrl } from '../lib/url.ts'
import { options, record } from '../options/options.ts'
import { listOf, textLike, told } from '../options/schemas.ts'

/**
 * What a caller needs: `[]` for nothing beyond what the route asks, a list of scopes for all of them, needs as a
 * route has them, or any of several: `anyOf({ scopes: ['notes:write'] }, { roles: ['editor'] })`.
 */
export type RuleNeeds = readonly string[] | Needs | AnyOf<Needs>

/**
 * By name. A `*` at the end stands for any rest, also none; the longest match decides, a whole name before all.
 * Names are compared character by character.
 */
export type Rules = Readonly<Record<string, RuleNeeds>>

export interface ToolsOptions {
  /** Tools, by name: who may call them. Default: none is there. */
  call?: Rules
  /** Resources, by URI, and resource templates, by their text: who may read them. Default: none is there. */
  read?: Rules
  /** Prompts, by name: who may get them. Default: none is there. */
  prompts?: Rules
  /** What is true of names that no rule has. Default `'refuse'`: they are not there. */
  otherwise?: 'refuse' | RuleNeeds
  /**
   * Further methods that pass, such as `tasks/*`. Whoever may use the route may use them. Default: none beside those
   * that the protocol needs, and those that the rules above decide.
   */
  methods?: readonly string[]
  /**
   * Pages that may use the server from a browser, as `https://app.acme.example`, beside those of the gateway's own host
   * and those that the route's `cors` allows. Default: no more.
   */
  origins?: readonly string[]
  /** Bytes of a message; a longer one is 413. Default 1,048,576, at most 16,777,216. */
  maxBodyBytes?: number
}

export const DEFAULT_MAX_BODY_BYTES = 1_048_576
const MOST_BODY_BYTES = 16_777_216

const RULES = "{ notes_read: ['notes:read'] }"

function explainPattern(name: string): string | undefined {
  if (name === '') return 'is a rule without a name. Write the name of a tool, prompt or resource'
  if (!name.isWellFormed()) return 'has half a character in its name. Write the name again'
  if (!/\*./.test(name)) return undefined
  return "may have '*' at its end alone, for example 'admin_*'"
}

const rules = v.exactOptional(record(RULES, explainPattern, v.lazy(needsSchema)))

const method = textLike("'tasks/*'", (name) => {
  if (/\*./.test(name)) return "may have '*' at its end alone, for example 'tasks/*'"
  if (!DECIDED.has(name)) return undefined
  return `is decided by name in ${DECIDED.get(name)}. Take it out here`
})

/** Methods whose rules stand elsewhere. */
const DECIDED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'call'],
  ['prompts/get', 'prompts'],
  ['resources/read', 'read'],
  ['resources/subscribe', 'read'],
  ['resources/unsubscribe', 'read'],
])

const ORIGIN = "'https://app.acme.example'"

const origin = textLike(ORIGIN, (text) => {
  if (text === '*')
    return `must name each origin, for example ${ORIGIN}: '*' would let every page in`
  if (!isSecureUrl(text)) {
    return `must start with https://, for example ${ORIGIN}. Plain http is for localhost alone`
  }
  const { origin: whole } = new URL(text)
  return whole === text ? undefined : `must be an origin and no more: '${whole}'`
})

const maxBodyBytes = told<number>((value) => {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return `must be a whole number of bytes without quotes, for example ${DEFAULT_MAX_BODY_BYTES}`
  }
  if (value >= 1 && value <= MOST_BODY_BYTES) return undefined
  return `must be 1 to ${MOST_BODY_BYTES}, in bytes`
})

export const toolsSchema = v.pipe(
  options<ToolsOptions>(
    {
      call: rules,
      read: rules,
      prompts: rules,
      otherwise: v.exactOptional(
        v.lazy((value) =>
          typeof value === 'string'
            ? told(() =>
                value === 'refuse'
                  ? undefined
                  : "must be 'refuse', or what a caller needs for every other name, for example { roles: ['admin'] }",
              )
            : needsSchema(value),
        ),
      ),
      methods: v.exactOptional(listOf(method, { example: "['tasks/*']", isOptional: true })),
      origins: v.exactOptional(listOf(origin, { example: `[${ORIGIN}]`, isOptional: true })),
      maxBodyBytes: v.exactOptional(maxBodyBytes),
    },
    {
      example: `{ call: ${RULES} }`,
      otherNames: {
        tools: 'call',
        calls: 'call',
        resources: 'read',
        reads: 'read',
        prompt: 'prompts',
        default: 'otherwise',
        allow: 'call',
        maxBytes: 'maxBodyBytes',
      },
    },
  ),
  v.check(
    ({ call, read, prompts, otherwise = 'refuse' }) =>
      otherwise !== 'refuse' ||
      [call, read, prompts].some((set) => Object.keys(set ?? {}).length > 0),
    `names nothing, so that every tool would be refused. Name one, for example call: ${RULES}`,
  ),
)
