import { WorkerEntrypoint } from 'cloudflare:workers'

interface DemoEnv extends Env {
  ISSUER_WORKER: Fetcher
  ORIGIN_WORKER: Fetcher
}
export default {
  fetch(request, env) {
    const u = new URL(request.url)
    if (u.pathname.startsWith('/.well-known') || u.pathname.startsWith('/oauth2'))
      return env.ISSUER_WORKER.fetch(request)
    return env.ORIGIN_WORKER.fetch(request)
  },
} satisfies ExportedHandler<DemoEnv>
export class Issuer extends WorkerEntrypoint<DemoEnv> {
  override fetch(request: Request) {
    if (request.method === 'POST')
      return Response.json({ access_token: 'stub', expires_in: 600, scope: 'orders:read' })
    return Response.json({ issuer: this.env.ISSUER })
  }
}
export class Origin extends WorkerEntrypoint<DemoEnv> {
  override fetch(request: Request) {
    return Response.json({ url: request.url })
  }
}
