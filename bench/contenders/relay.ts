/** A relay that does nothing else: both sockets end in the Worker, messages and closes go across. */

interface Env {
  ORIGIN: string
}

export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url)
    const response = await fetch(new Request(env.ORIGIN + pathname + search, request))
    const origin = response.webSocket
    if (origin === null) return response
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
    for (const [from, to] of [
      [origin, server],
      [server, origin],
    ] as const) {
      from.accept()
      from.binaryType = 'arraybuffer'
      from.addEventListener('message', ({ data }) => to.send(data))
      from.addEventListener('close', ({ code, reason }) => to.close(sendable(code), reason))
    }
    return new Response(null, { status: 101, webSocket: client })
  },
} satisfies ExportedHandler<Env>

/** 1005 and 1006 say that no code came: they are never sent (RFC 6455 §7.4.1). */
function sendable(code: number): number {
  return code === 1005 || code === 1006 ? 1000 : code
}
