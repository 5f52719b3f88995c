// The resources and prompts that the conformance suite names.

import {
  acceptedContent,
  fromJsonSchema,
  type GetPromptResult,
  inputRequired,
  type McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server'
import { PNG } from './tools.ts'

export function addResources(server: McpServer): void {
  const STATIC = [
    ['test://static-text', 'text/plain', { text: 'The content of the static text resource.' }],
    ['test://static-binary', 'image/png', { blob: PNG }],
    ['test://watched-resource', 'text/plain', { text: 'Somebody watches this.' }],
  ] as const
  for (const [uri, mimeType, content] of STATIC) {
    server.registerResource(uri, uri, { description: uri, mimeType }, () => ({
      contents: [{ uri, mimeType, ...content }],
    }))
  }
  const mimeType = 'application/json'
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'Repeats its id', mimeType },
    ({ href: uri }, { id }) => ({
      contents: [
        {
          uri,
          mimeType,
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        },
      ],
    }),
  )
  const { server: low } = server
  low.setRequestHandler('resources/subscribe', () => ({}))
  low.setRequestHandler('resources/unsubscribe', () => ({}))
  low.setRequestHandler('completion/complete', () => ({
    completion: { values: ['paris', 'park', 'party'], total: 150, hasMore: false },
  }))
}

type Content = GetPromptResult['messages'][number]['content']

const said = (...contents: Content[]): GetPromptResult => ({
  messages: contents.map((content) => ({ role: 'user', content })),
})

const strings = <Name extends string>(...names: Name[]) =>
  fromJsonSchema<Record<Name, string>>({
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    required: names,
  })

export function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'Has no arguments' }, () =>
    said({ type: 'text', text: 'This is a simple prompt for testing.' }),
  )
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Repeats its arguments', argsSchema: strings('arg1', 'arg2') },
    ({ arg1, arg2 }) =>
      said({ type: 'text', text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` }),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Embeds a resource', argsSchema: strings('resourceUri') },
    ({ resourceUri: uri }) =>
      said(
        { type: 'resource', resource: { uri, mimeType: 'text/plain', text: 'Embedded.' } },
        { type: 'text', text: 'Please process the embedded resource above.' },
      ),
  )
  server.registerPrompt('test_prompt_with_image', { description: 'Has an image' }, () =>
    said(
      { type: 'image', data: PNG, mimeType: 'image/png' },
      { type: 'text', text: 'Please analyze the image above.' },
    ),
  )
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks for its context' },
    ({ mcpReq }) => {
      const given = acceptedContent<{ context: string }>(mcpReq.inputResponses, 'user_context')
      if (given) return said({ type: 'text', text: `The context is ${given.context}` })
      const requestedSchema = {
        type: 'object' as const,
        properties: { context: { type: 'string' as const } },
        required: ['context'],
      }
      const message = 'What context should the prompt use?'
      return inputRequired({
        inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema }) },
      })
    },
  )
}
