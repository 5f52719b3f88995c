// Tools that ask the client for something while they run: in the older revisions by a request of the server, in the
// newer one by a result that wants the call repeated with the answers.

import {
  acceptedContent,
  type CallToolResult,
  fromJsonSchema,
  type InputRequiredResult,
  inputRequired,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { text } from './tools.ts'

type Run = (
  asked: ServerContext['mcpReq'],
) => CallToolResult | InputRequiredResult | Promise<CallToolResult | InputRequiredResult>
type ElicitSchema = Extract<
  Parameters<ServerContext['mcpReq']['elicitInput']>[0],
  { requestedSchema: unknown }
>['requestedSchema']

export function addInputTools(server: McpServer, states: RequestStateCodec<string>): void {
  const add = (name: string, run: Run) =>
    server.registerTool(name, { description: `For the scenario of ${name}` }, ({ mcpReq }) =>
      run(mcpReq),
    )
  addOlder(server, add)

  const one = 'test_input_required_result'
  add(`${one}_elicitation`, ({ inputResponses }) => {
    const name = acceptedContent(inputResponses, 'user_name')?.name
    if (typeof name === 'string') return { content: [text(`Hello, ${name}!`)] }
    return inputRequired({ inputRequests: { user_name: elicit('What is your name?', 'name') } })
  })
  // The SDK refuses to ask a client that does not say it can.
  add('test_missing_capability', () =>
    inputRequired({ inputRequests: { question: sample('Can the client do this?', 100) } }),
  )
  // One that asks on a stream, and not by a request of its own.
  add('test_streaming_elicitation', () =>
    inputRequired({ inputRequests: { user_name: elicit('What is your name?', 'name') } }),
  )
  add(`${one}_sampling`, ({ inputResponses }) => {
    const answer = inputResponses?.capital_question
    if (answer) return { content: [text(JSON.stringify(answer))] }
    return inputRequired({
      inputRequests: { capital_question: sample('What is the capital of France?', 100) },
    })
  })
  add(`${one}_list_roots`, ({ inputResponses }) => {
    const roots = inputResponses?.client_roots
    if (roots) return { content: [text(JSON.stringify(roots))] }
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
  })
  add(`${one}_capabilities`, () =>
    inputRequired({ inputRequests: { question: sample('Only what the client can', 100) } }),
  )
  for (const name of ['request_state', 'tampered_state']) {
    add(`${one}_${name}`, async ({ inputResponses, requestState }) => {
      if (inputResponses?.confirm && requestState<string>() === name) {
        return { content: [text('state-ok')] }
      }
      return inputRequired({
        inputRequests: { confirm: elicit('Please confirm', 'ok', { type: 'boolean' }) },
        requestState: await states.mint(name),
      })
    })
  }
  add(`${one}_multiple_inputs`, async ({ inputResponses = {} }) => {
    const keys = ['user_name', 'greeting', 'client_roots']
    if (keys.every((key) => inputResponses[key])) return { content: [text('all there')] }
    return inputRequired({
      inputRequests: {
        user_name: elicit('What is your name?', 'name'),
        greeting: sample('Generate a greeting', 50),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await states.mint('multiple'),
    })
  })
  add(`${one}_multi_round`, async ({ inputResponses, requestState }) => {
    const state = requestState<string>()
    if (state === 'round 2' && inputResponses?.step2) return { content: [text('done')] }
    if (state === 'round 1' && inputResponses?.step1) {
      return inputRequired({
        inputRequests: { step2: elicit('Step 2: What is your favorite color?', 'color') },
        requestState: await states.mint('round 2'),
      })
    }
    return inputRequired({
      inputRequests: { step1: elicit('Step 1: What is your name?', 'name') },
      requestState: await states.mint('round 1'),
    })
  })
}

function addOlder(server: McpServer, add: (name: string, run: Run) => unknown): void {
  const argument = (name: string) =>
    fromJsonSchema<Record<string, string>>({
      type: 'object',
      properties: { [name]: { type: 'string' } },
      required: [name],
    })
  server.registerTool(
    'test_sampling',
    { description: 'Has the client ask its model', inputSchema: argument('prompt') },
    async ({ prompt = '' }, { mcpReq }) => {
      const { content } = await mcpReq.requestSampling({
        messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
        maxTokens: 100,
      })
      return { content: [text(`LLM response: ${JSON.stringify(content)}`)] }
    },
  )
  const ask = async (
    { elicitInput }: ServerContext['mcpReq'],
    message: string,
    requestedSchema: ElicitSchema,
  ): Promise<CallToolResult> => {
    const { action, content } = await elicitInput({ message, requestedSchema })
    const answer = JSON.stringify(content)
    return { content: [text(`Elicitation completed: action=${action}, content=${answer}`)] }
  }
  server.registerTool(
    'test_elicitation',
    { description: 'Has the client ask its person', inputSchema: argument('message') },
    ({ message = '' }, { mcpReq }) =>
      ask(mcpReq, message, {
        type: 'object',
        properties: { username: { type: 'string' }, email: { type: 'string' } },
        required: ['username', 'email'],
      }),
  )
  add('test_elicitation_sep1034_defaults', (asked) =>
    ask(asked, 'Please look over these', {
      type: 'object',
      properties: {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      },
    }),
  )
  add('test_elicitation_sep1330_enums', (asked) =>
    ask(asked, 'Please choose', {
      type: 'object',
      properties: {
        untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
        titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option') },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: {
          type: 'array',
          items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
        },
        titledMulti: { type: 'array', items: { anyOf: titled('First Choice', 'Second Choice') } },
      },
    }),
  )
}

const titled = (...titles: string[]) =>
  titles.map((title, index) => ({ const: `value${index + 1}`, title }))

function elicit(
  message: string,
  name: string,
  schema: ElicitSchema['properties'][string] = { type: 'string' },
) {
  return inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [name]: schema }, required: [name] },
  })
}

function sample(question: string, maxTokens: number) {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  })
}
