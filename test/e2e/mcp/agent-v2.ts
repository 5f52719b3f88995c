// The same agent as its authors would write it with the newer line of the official SDK.

import {
  Client,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client'

export class NewerAgent implements OAuthClientProvider {
  readonly redirectUrl = 'http://localhost:33418/callback'
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'Newer Agent',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  readonly client: Client
  /** Where the person was sent to sign in. */
  authorizationUrl: URL | undefined
  information: StoredOAuthClientInformation | undefined
  held: StoredOAuthTokens | undefined
  readonly #url: URL
  readonly #state = crypto.randomUUID()
  #transport: StreamableHTTPClientTransport | undefined
  #verifier = ''
  #discovered: OAuthDiscoveryState | undefined

  /** `revision`: the one that it speaks and no other; the SDK's default is one with `initialize`. */
  constructor(url: string, revision?: string) {
    this.#url = new URL(url)
    this.client = new Client(
      { name: 'newer agent', version: '1.0.0' },
      revision === undefined ? {} : { versionNegotiation: { mode: { pin: revision } } },
    )
  }

  async connect(): Promise<void> {
    this.#transport = new StreamableHTTPClientTransport(this.#url, { authProvider: this })
    // The SDK's declarations do not go with exactOptionalPropertyTypes.
    await this.client.connect(this.#transport as Transport)
  }

  /** Exchanges the code that `callback` brought. */
  async finish(callback: URL): Promise<void> {
    await this.#transport?.finishAuth(callback.searchParams)
  }

  /** The text that a tool answers. */
  async call(name: string, onProgress?: (progress: number) => void): Promise<unknown> {
    const { content } = await this.client.callTool(
      { name },
      onProgress && { onprogress: ({ progress }) => onProgress(progress) },
    )
    return (content as { text: string }[])[0]?.text
  }

  state = () => this.#state
  clientInformation = () => this.information
  saveClientInformation(information: StoredOAuthClientInformation): void {
    this.information = information
  }
  tokens = () => this.held
  saveTokens(tokens: StoredOAuthTokens): void {
    this.held = tokens
  }
  codeVerifier = () => this.#verifier
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  discoveryState = () => this.#discovered
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovered = state
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url
  }
}
