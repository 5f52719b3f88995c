/** Rights by tool: a route to an MCP server, where each caller sees and uses what its rules allow, by name. */

import * as v from 'valibot'
import type { Pages } from '../auth/admit.ts'
import { scopesToAskFor } from '../auth/authorize.ts'
import type { Extras, Operation, RoutePart, RouteSite } from '../auth/feature.ts'
import { compilePolicy } from '../auth/needs.ts'
import type { Inbound } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import { reportIssues } from '../options/schemas.ts'
import { originOf } from '../router.ts'
import { readMessageBody } from './body.ts'
import { filterAnswer, filterOther, filterStream } from './list.ts'
import { invalid, type Message, readMessage } from './message.ts'
import { checkMirrored, isModern } from './mirror.ts'
import {
  DEFAULT_MAX_BODY_BYTES,
  type RuleNeeds,
  type Rules,
  type ToolsOptions,
  toolsSchema,
} from './options.ts'
import { allows, permit, type RuleSets } from './permit.ts'
import { RPC, refused } from './refusal.ts'
import { createRuleSet, formsOfName, formsOfUri, type Rule } from './rules.ts'
import { createMethods, LISTS, type Methods, REMOVED, targetsOf } from './targets.ts'

/** What `otherwise` is called, and what is not there. */
const OTHERS = '*'
const UNKNOWN = 'other'

/** A route's `mcp`, made by {@link tools}. */
export interface Tools {
  /**
   * Reads what a request asks for. Throws `invalid_request`, `body_too_large`, `unsupported_media_type`, `not_found`
   * for a method that is not served, `method_not_allowed`, and `csrf` for a page that is neither the gateway's own nor
   * among `pages`.
   */
  read(inbound: Inbound, pages?: Pages): Operation | Promise<Operation>
}

/**
 * Decides by the names of tools, resources and prompts, which are read from the body of each message, and takes out of
 * lists what a caller may not use. What no rule names is not there. For every revision of the protocol over HTTP.
 */
export function tools(options: ToolsOptions): RoutePart<Tools> {
  return {
    toolNames: namesIn(options),
    check(path, to) {
      const { success, issues } = v.safeParse(toolsSchema, options)
      if (!success) reportIssues(issues, path, to)
    },
    compile: (site) => compileTools(options, site),
  }
}

/** What is written may be anything yet. */
function namesIn(options: ToolsOptions | undefined): readonly string[] {
  return [...Object.keys(options?.call ?? {}), OTHERS, UNKNOWN]
}

function compileTools(options: ToolsOptions, site: RouteSite): Tools & Extras {
  const { origins = [], maxBodyBytes = DEFAULT_MAX_BODY_BYTES, methods: further = [] } = options
  const rules = compileRules(options, site)
  const methods = createMethods(further)
  const own = new Set(origins)
  return {
    read(inbound, pages) {
      refusePage(inbound, (origin) => own.has(origin) || pages?.allows(origin) === true)
      const { request } = inbound
      if (request.method !== 'POST') return withoutBody(request, rules)
      return readPost(request, maxBodyBytes, methods, rules)
    },
    fields({ operation }) {
      if (!operation) return {}
      const { method, name } = operation
      return { mcpMethod: method, ...(name !== undefined && { mcpName: name }) }
    },
  }
}

function compileRules(options: ToolsOptions, site: RouteSite): RuleSets {
  const { call = {}, read = {}, prompts = {}, otherwise = 'refuse' } = options
  const compile = (pattern: string, needs: RuleNeeds): Rule => {
    const own = compilePolicy(asNeeds(needs))
    const scopes = scopesToAskFor(own)
    // A client that asks for these alone must not lose what it has.
    const published = scopes.length > 0 ? [...new Set([...site.scopes, ...scopes])] : undefined
    return { pattern, policy: { ...own, published } }
  }
  const others = otherwise === 'refuse' ? undefined : compile(OTHERS, otherwise)
  const compileAll = (given: Rules) =>
    Object.entries(given).map(([pattern, needs]) => compile(pattern, needs))
  return {
    call: createRuleSet(compileAll(call), others, formsOfName),
    prompts: createRuleSet(compileAll(prompts), others, formsOfName),
    read: createRuleSet(compileAll(read), others, formsOfUri),
  }
}

function asNeeds(needs: RuleNeeds): Parameters<typeof compilePolicy>[0] {
  if (isList(needs)) return { scopes: needs }
  return 'anyOf' in needs ? { require: needs } : needs
}

function isList(needs: RuleNeeds): needs is readonly string[] {
  return Array.isArray(needs)
}

/** A page elsewhere may have made a browser ask (DNS rebinding). Only browsers send Origin. */
function refusePage({ request, location }: Inbound, isListed: (origin: string) => boolean): void {
  const origin = request.headers.get('origin')
  if (origin === null || origin === originOf(location) || isListed(origin)) return
  throw refused('csrf', RPC.invalid, undefined, {
    reason: 'Origin is neither the gateway itself nor one of origins, nor of cors',
    detail: 'The page that sent this is not among those that may use the server.',
  })
}

/** GET streams and DELETE are of older revisions; there, a list may come on a stream. */
function withoutBody(request: Request, rules: RuleSets): Operation {
  const { method, headers, body } = request
  const isOlder = !isModern(headers.get('mcp-protocol-version'))
  if (!isOlder || (method !== 'GET' && method !== 'DELETE')) {
    throw new GatewayError('method_not_allowed', {
      reason: `${method} is of no use to this revision`,
      allow: isOlder ? ['POST', 'GET', 'DELETE'] : ['POST'],
    })
  }
  if (headers.has('upgrade')) throw invalid('messages on another protocol are not read', undefined)
  if (body !== null && headers.get('content-length') !== '0') {
    throw invalid(`a ${method} request with a body`, undefined)
  }
  return {
    method,
    body: undefined,
    permit() {},
    filter: (principals, response) => filterStream(response, allows(rules, principals)),
  }
}

async function readPost(
  request: Request,
  maxBytes: number,
  methods: Methods,
  rules: RuleSets,
): Promise<Operation> {
  const body = await readMessageBody(request, maxBytes)
  const message = readMessage(body)
  const { headers } = request
  checkMirrored(headers, message)
  const { method, id, version } = message
  if (method === undefined) return answerOf(message, headers, body, rules)
  const isNewer = isModern(headers.get('mcp-protocol-version') ?? version)
  const label = isNewer && REMOVED.has(method) ? undefined : methods(method)
  if (label === undefined) throw unknownMethod(id, isNewer)
  const targets = targetsOf(message, (reason) =>
    refused('invalid_request', RPC.invalidParams, id, {
      reason,
      detail: 'The parameters are not those of this method.',
    }),
  )
  const found = targets.map((target) => ({ target, rule: rules[target.kind](target.name) }))
  const [first] = found
  return {
    method: label,
    name: first && (first.rule?.pattern ?? UNKNOWN),
    body,
    permit(principals) {
      for (const { target, rule } of found) permit(target, rule, principals, id)
    },
    filter(principals, response) {
      if (LISTS.has(method)) return filterAnswer(response, allows(rules, principals))
      return filterOther(response, allows(rules, principals))
    },
  }
}

/** What a client answers to a question of the server; later revisions have none. */
function answerOf(
  { id }: Message,
  headers: Headers,
  body: Operation['body'],
  rules: RuleSets,
): Operation {
  if (isModern(headers.get('mcp-protocol-version'))) throw invalid('an answer to no question', id)
  return {
    method: 'answer',
    body,
    permit() {},
    filter: (principals, response) => filterOther(response, allows(rules, principals)),
  }
}

/** Newer revisions say 404. To older clients that means the end of their session. */
function unknownMethod(id: unknown, isNewer: boolean): GatewayError {
  return refused(isNewer ? 'not_found' : 'operation_unknown', RPC.unknownMethod, id, {
    reason: 'the method is not served',
    detail: 'This method is not served here.',
  })
}
