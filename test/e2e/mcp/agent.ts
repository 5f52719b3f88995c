// An MCP client as its authors would write it: the official SDK with an OAuth provider that remembers
// everything in memory. It also notes which requests the SDK makes.

import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js'
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

export class Agent implements OAuthClientProvider {
  readonly redirectUrl: string
  readonly clientMetadata: OAuthClientMetadata
  readonly client = new Client({ name: 'agent', version: '1.0.0' })
  /** Method, path and status of every request so far. */
  readonly steps: string[] = []
  /** Where the person was sent to sign in. */
  authorizationUrl: URL | undefined
  information: OAuthClientInformationMixed | undefined
  held: OAuthTokens | undefined
  readonly #url: URL
  readonly #state = crypto.randomUUID()
  readonly #listening = Promise.withResolvers<void>()
  #transport: StreamableHTTPClientTransport | undefined
  #verifier = ''

  constructor(url: string, redirectUrl: string) {
    this.#url = new URL(url)
    this.redirectUrl = redirectUrl
    this.clientMetadata = {
      client_name: 'Example Agent',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }
  }

  /** Connects; resolves once the server can also speak unasked. */
  async connect(): Promise<void> {
    this.#transport = new StreamableHTTPClientTransport(this.#url, {
      authProvider: this,
      fetch: this.#fetch,
    })
    // The SDK's declarations do not go with exactOptionalPropertyTypes.
    await this.client.connect(this.#transport as Transport)
    await this.#listening.promise
  }

  /** Exchanges the code that `callback` brought. */
  async finish(callback: URL): Promise<void> {
    const { code, state } = Object.fromEntries(callback.searchParams)
    if (code === undefined || state !== this.#state) throw new Error(`no code in ${callback}`)
    await this.#transport?.finishAuth(code)
  }

  /** The text that a tool answers. */
  async call(name: string, onProgress?: (progress: number) => void): Promise<unknown> {
    const { content } = await this.client.callTool(
      { name },
      undefined,
      onProgress && { onprogress: ({ progress }) => onProgress(progress) },
    )
    return (content as { text: string }[])[0]?.text
  }

  readonly #fetch: FetchLike = async (url, init) => {
    const response = await fetch(url, init)
    const { method = 'GET' } = init ?? {}
    const { pathname } = new URL(url)
    this.steps.push(`${method} ${pathname} ${response.status}`)
    if (method === 'GET' && pathname === this.#url.pathname) this.#listening.resolve()
    return response
  }

  state = () => this.#state
  clientInformation = () => this.information
  saveClientInformation(information: OAuthClientInformationMixed): void {
    this.information = information
  }
  tokens = () => this.held
  saveTokens(tokens: OAuthTokens): void {
    this.held = tokens
  }
  codeVerifier = () => this.#verifier
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url
  }
}
