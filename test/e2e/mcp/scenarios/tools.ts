// The tools that the conformance suite names, and what it wants of each.

import { setTimeout as wait } from 'node:timers/promises'
import {
  type CallToolResult,
  fromJsonSchema,
  type McpServer,
  type ServerContext,
  type ServerNotifier,
} from '@modelcontextprotocol/server'

/** Tells whoever listens that a list has changed. */
export type Notify = Pick<ServerNotifier, 'toolsChanged' | 'promptsChanged'>

/** One red pixel, and a sound of no length. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA='

const PAUSE_MS = 50

type Content = CallToolResult['content'][number]

export const text = (said: string): Content => ({ type: 'text', text: said })

function resource(uri: string, mimeType: string, said: string): Content {
  return { type: 'resource', resource: { uri, mimeType, text: said } }
}

/** Tools without arguments that always answer the same. */
const PLAIN: Readonly<Record<string, CallToolResult>> = {
  test_simple_text: { content: [text('This is a simple text response for testing.')] },
  test_image_content: { content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] },
  test_audio_content: { content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] },
  test_embedded_resource: {
    content: [resource('test://embedded-resource', 'text/plain', 'An embedded resource.')],
  },
  test_multiple_content_types: {
    content: [
      text('Multiple content types test:'),
      { type: 'image', data: PNG, mimeType: 'image/png' },
      resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  },
  test_error_handling: { isError: true, content: [text('This tool fails on purpose')] },
}

const HEADER_SCHEMA = {
  type: 'object',
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  required: ['region'],
} as const

const DIALECT_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
} as const

export function addTools(server: McpServer, notify: Notify): void {
  const add = (
    name: string,
    run: (context: ServerContext) => CallToolResult | Promise<CallToolResult>,
  ) => server.registerTool(name, { description: `For the scenario of ${name}` }, run)

  for (const [name, result] of Object.entries(PLAIN)) add(name, () => result)
  for (const name of ['test_tool_with_logging', 'test_logging_tool']) {
    add(name, async ({ mcpReq }) => {
      for (const step of ['started', 'goes on', 'ended']) {
        await mcpReq.log('info', `The tool ${step}`)
        await wait(PAUSE_MS)
      }
      return { content: [text('logged')] }
    })
  }
  add('test_tool_with_progress', async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        const params = { progressToken, progress, total: 100 }
        await mcpReq.notify({ method: 'notifications/progress', params })
      }
      await wait(PAUSE_MS)
    }
    return { content: [text(String(progressToken))] }
  })
  add('test_trigger_tool_change', () => {
    notify.toolsChanged()
    return { content: [text('told')] }
  })
  add('test_trigger_prompt_change', () => {
    notify.promptsChanged()
    return { content: [text('told')] }
  })
  addSchemaTools(server)
}

function addSchemaTools(server: McpServer): void {
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has a schema of this dialect', inputSchema: fromJsonSchema(DIALECT_SCHEMA) },
    () => ({ content: [text('valid')] }),
  )
  server.registerTool(
    'test_custom_header',
    {
      description: 'Has an argument that a header repeats',
      inputSchema: fromJsonSchema<{ region: string }>(HEADER_SCHEMA),
    },
    ({ region }) => ({ content: [text(region)] }),
  )
}
