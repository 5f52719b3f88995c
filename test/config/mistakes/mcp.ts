// Rights by tool.

import { inTools, type Mistake } from './mistake.ts'

const AT = 'routes[1] (/mcp).mcp'

export const MCP: readonly Mistake[] = [
  inTools(
    'nothing in it',
    'tools({})',
    `${AT}: names nothing, so that every tool would be refused. Name one, for example call: { notes_read: ['notes:read'] }`,
  ),
  inTools(
    'no options',
    'tools()',
    `${AT}: must be an object of options, for example { call: { notes_read: ['notes:read'] } }`,
  ),
  inTools(
    'a list of names',
    "tools({ call: ['notes_read'] })",
    `${AT}.call: must be an object in { }, for example { notes_read: ['notes:read'] }`,
  ),
  inTools(
    'a scope without a list',
    "tools({ call: { notes_read: 'notes:read' } })",
    `${AT}.call.notes_read: must say what a caller needs: [] for nothing more than the route asks, scopes such as ['orders:read', 'orders:write'], { roles: ['admin'] }, or anyOf({ scopes: ['orders:read'] }, { roles: ['auditor'] })`,
  ),
  inTools(
    'scopes for any of them',
    "tools({ call: { notes_read: anyOf('notes:read', 'notes:all') } })",
    ...[0, 1].map(
      (index) =>
        `${AT}.call.notes_read.anyOf[${index}]: must be an object of options, for example { roles: ['auditor'] }`,
    ),
  ),
  inTools(
    'a star in the middle',
    "tools({ call: { 'notes_*_read': [] } })",
    `${AT}.call.notes_*_read: may have '*' at its end alone, for example 'admin_*'`,
  ),
  inTools(
    'a role that is a scope',
    "tools({ call: { notes_read: { role: ['admin'] } } })",
    `${AT}.call.notes_read.role: is not an option. Did you mean roles?`,
  ),
  inTools(
    'a rule that asks for nothing in braces',
    'tools({ call: { notes_read: {} } })',
    `${AT}.call.notes_read: asks for nothing, so that every token would do. Write what to ask for, for example { roles: ['auditor'] }, or take it out`,
  ),
  inTools(
    'a scope from a variable that is not set',
    'tools({ call: { notes_read: [env.SCOPE] } })',
    `${AT}.call.notes_read[0]: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example 'orders:read'`,
  ),
  inTools(
    'another name for the tools',
    'tools({ tools: { notes_read: [] }, read: { x: [] } })',
    `${AT}.tools: is not an option. Did you mean call?`,
  ),
  inTools(
    'everything allowed by a word',
    "tools({ call: { x: [] }, otherwise: 'allow' })",
    `${AT}.otherwise: must be 'refuse', or what a caller needs for every other name, for example { roles: ['admin'] }`,
  ),
  inTools(
    'a method that the rules decide',
    "tools({ call: { x: [] }, methods: ['tools/call'] })",
    `${AT}.methods[0]: is decided by name in call. Take it out here`,
  ),
  inTools(
    'every page',
    "tools({ call: { x: [] }, origins: ['*'] })",
    `${AT}.origins[0]: must name each origin, for example 'https://app.acme.example': '*' would let every page in`,
  ),
  inTools(
    'a page instead of its origin',
    "tools({ call: { x: [] }, origins: ['https://app.acme.example/chat'] })",
    `${AT}.origins[0]: must be an origin and no more: 'https://app.acme.example'`,
  ),
  inTools(
    'a length in text',
    "tools({ call: { x: [] }, maxBodyBytes: '1 MB' })",
    `${AT}.maxBodyBytes: must be a whole number of bytes without quotes, for example 1048576`,
  ),
  inTools(
    'a length beyond what is read',
    'tools({ call: { x: [] }, maxBodyBytes: 1e9 })',
    `${AT}.maxBodyBytes: must be 1 to 16777216, in bytes`,
  ),
]
