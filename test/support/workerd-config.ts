// Writes the configuration that workerd is started with. Pure text: no files, no processes.

/** One Worker as workerd sees it. Every map is from binding name to what is bound. */
export interface WorkerConfig {
  name: string
  module: string
  compatibilityDate: string
  compatibilityFlags: string[]
  text: Record<string, string>
  json: Record<string, unknown>
  /** To the name of a service. */
  kv: Record<string, string>
  services: Record<string, { service: string; entrypoint?: string | undefined }>
  /** Name of the service behind the Cache API. */
  cache?: string
}

export interface WorkerdConfig {
  workers: WorkerConfig[]
  /** Service name to a port on loopback that speaks HTTP; a cache is sent absolute URLs. */
  external: Record<string, { port: number; absolute?: boolean }>
  /** Socket name to the Worker behind it; the system chooses the ports. */
  sockets: Record<string, { service: string; protoHeader?: string | undefined }>
}

/** Cap'n Proto text for `workerd serve`. The network reaches loopback, as production's cannot. */
export function workerdConfig({ workers, external, sockets }: WorkerdConfig): string {
  const services = [
    '(name = "net", network = (allow = ["public", "private"]))',
    ...workers.map((w) => `(name = ${quote(w.name)}, worker = ${worker(w)})`),
    ...Object.entries(external).map(
      ([name, { port, absolute = false }]) =>
        `(name = ${quote(name)}, external = (address = "127.0.0.1:${port}", http = (style = ${absolute ? 'proxy' : 'host'})))`,
    ),
  ]
  const listening = Object.entries(sockets).map(([name, { service, protoHeader }]) => {
    const http = protoHeader === undefined ? '' : `forwardedProtoHeader = ${quote(protoHeader)}`
    return `(name = ${quote(name)}, address = "127.0.0.1:0", http = (${http}), service = ${quote(service)})`
  })
  return [
    'using Workerd = import "/workerd/workerd.capnp";',
    'const config :Workerd.Config = (',
    `  services = [${services.join(',\n    ')}],`,
    `  sockets = [${listening.join(',\n    ')}],`,
    ');',
  ].join('\n')
}

function worker(config: WorkerConfig): string {
  const bindings = [
    ...bind(config.text, (value) => `text = ${quote(value)}`),
    ...bind(config.json, (value) => `json = ${quote(JSON.stringify(value))}`),
    ...bind(config.kv, (service) => `kvNamespace = ${quote(service)}`),
    ...bind(config.services, ({ service, entrypoint }) =>
      entrypoint === undefined
        ? `service = ${quote(service)}`
        : `service = (name = ${quote(service)}, entrypoint = ${quote(entrypoint)})`,
    ),
  ]
  return `(
      modules = [(name = "worker", esModule = ${quote(config.module)})],
      compatibilityDate = ${quote(config.compatibilityDate)},
      compatibilityFlags = [${config.compatibilityFlags.map(quote).join(', ')}],
      bindings = [${bindings.join(', ')}],
      ${config.cache === undefined ? '' : `cacheApiOutbound = ${quote(config.cache)},`}
      globalOutbound = "net")`
}

function bind<T>(values: Record<string, T>, write: (value: T) => string): string[] {
  return Object.entries(values).map(([name, value]) => `(name = ${quote(name)}, ${write(value)})`)
}

// Cap'n Proto text takes C escapes; everything above ASCII control characters stands as UTF-8.
function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it escapes
  const escaped = text.replace(/["\\\u0000-\u001f\u007f]/g, (char) => {
    if (char === '\n') return '\\n'
    if (char === '"' || char === '\\') return `\\${char}`
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `"${escaped}"`
}
