/** Rights by tool: a route to an MCP server, where each caller sees and uses what its rules allow, by name. */

import * as v from 'valibot'
import { authorize, isAuthorized, scopesToAskFor } from '../auth/authorize.ts'
import type { Extras, Operation, RoutePart, RouteSite } from '../auth/feature.ts'
import { compilePolicy } from '../auth/needs.ts'
import type { Principal } from '../auth/principal.ts'
import type { Inbound } from '../auth/scheme.ts'
import { GatewayError } from '../errors.ts'
import { reportIssues } from '../options/schemas.ts'
import { originOf } from '../router.ts'
import { readMessageBody } from './body.ts'
import { type Allows, filterAnswer, filterStream } from './list.ts'
import { invalid, type Message, readMessage } from './message.ts'
import { checkMirrored, isModern } from './mirror.ts'
import {
  DEFAULT_MAX_BODY_BYTES,
  type RuleNeeds,
  type Rules,
  type ToolsOptions,
  toolsSchema,
} from './options.ts'
import { inWords, RPC, refused } from './refusal.ts'
import { createRuleSet, formsOfName, formsOfUri, type Rule, type RuleSet } from './rules.ts'
import { createMethods, type Kind, LISTS, type Methods, type Target, targetsOf } from './targets.ts'

/** A route's `mcp`, made by {@link tools}. */
export interface Tools {
  /**
   * Reads what a request asks for. Throws `invalid_request`, `body_too_large`, `unsupported_media_type`, `not_found`
   * for a method that is not served, `method_not_allowed`, and `csrf` for a page elsewhere.
   */
  read(inbound: Inbound): Operation | Promise<Operation>
}

/**
 * Decides by the names of tools, resources and prompts, which are read from the body of each message, and takes out of
 * lists what a caller may not use. What no rule names is not there. For every revision of the protocol over HTTP.
 */
export function tools(options: ToolsOptions): RoutePart<Tools> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(toolsSchema, options)
      if (!success) reportIssues(issues, path, to)
    },
    compile: (site) => compileTools(options, site),
  }
}

type RuleSets = Readonly<Record<Kind, RuleSet>>

function compileTools(options: ToolsOptions, site: RouteSite): Tools & Extras {
  const { origins = [], maxBodyBytes = DEFAULT_MAX_BODY_BYTES, methods: further = [] } = options
  const rules = compileRules(options, site)
  const methods = createMethods(further)
  const pages = new Set(origins)
  return {
    read(inbound) {
      refusePage(inbound, pages)
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
  const others = otherwise === 'refuse' ? undefined : compile('*', otherwise)
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
function refusePage({ request, location }: Inbound, pages: ReadonlySet<string>): void {
  const origin = request.headers.get('origin')
  if (origin === null || origin === originOf(location) || pages.has(origin)) return
  throw refused('csrf', RPC.invalid, undefined, {
    reason: 'Origin is neither the gateway itself nor one of origins',
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
  if (method === undefined) return answerOf(message, headers, body)
  const label = methods(method)
  if (label === undefined) throw unknownMethod(message, headers)
  const targets = targetsOf(message, (reason) =>
    refused('invalid_request', RPC.invalidParams, id, {
      reason,
      detail: 'The parameters are not those of this method.',
    }),
  )
  const found = targets.map((target) => ({ target, rule: rules[target.kind](target.name) }))
  const [first] = found
  const isNewer = isModern(headers.get('mcp-protocol-version') ?? version)
  return {
    method: label,
    ...(first && { name: first.rule?.pattern ?? 'other' }),
    body,
    permit(principals) {
      for (const { target, rule } of found) permit(target, rule, principals, id)
    },
    filter(principals, response) {
      if (LISTS.has(method)) return filterAnswer(response, allows(rules, principals))
      // Servers of older revisions send an answer to whoever used its id last in the session.
      return isNewer ? response : filterStream(response, allows(rules, principals))
    },
  }
}

/** What a client answers to a question of the server; later revisions have none. */
function answerOf({ id }: Message, headers: Headers, body: Operation['body']): Operation {
  if (isModern(headers.get('mcp-protocol-version'))) throw invalid('an answer to no question', id)
  return { method: 'answer', body, permit() {}, filter: (_, response) => response }
}

/** Newer revisions say 404. To older clients that means the end of their session. */
function unknownMethod({ id, version }: Message, headers: Headers): GatewayError {
  const isNewer = isModern(headers.get('mcp-protocol-version') ?? version)
  return refused(isNewer ? 'not_found' : 'operation_unknown', RPC.unknownMethod, id, {
    reason: 'the method is not served',
    detail: 'This method is not served here.',
  })
}

/** The first of the callers speaks for all. */
function permit(
  { kind }: Target,
  rule: Rule | undefined,
  [principal]: readonly Principal[],
  id: unknown,
): void {
  if (!rule) {
    throw refused('operation_unknown', RPC.invalidParams, id, {
      reason: `mcp.${kind} has no rule for the name`,
    })
  }
  const { policy } = rule
  if (!principal) {
    if (asksNothing(rule)) return
    throw inWords(
      new GatewayError('credential_missing', {
        reason: `mcp.${kind} asks a caller of ${rule.pattern} for something`,
        scopes: scopesToAskFor(policy),
      }),
      id,
    )
  }
  try {
    authorize(principal, policy)
  } catch (error) {
    throw error instanceof GatewayError ? inWords(error, id) : error
  }
}

function allows(rules: RuleSets, [principal]: readonly Principal[]): Allows {
  return (kind, name) => {
    const rule = rules[kind](name)
    if (!rule) return false
    return principal ? isAuthorized(principal, rule.policy) : asksNothing(rule)
  }
}

function asksNothing({ policy }: Rule): boolean {
  const { scopes, roles, claims, alternatives } = policy
  return [scopes.names, roles, claims, alternatives].every(({ length }) => length === 0)
}
