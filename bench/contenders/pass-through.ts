/** The limit: what workerd costs when a Worker adds nothing. */

interface Env {
  ORIGIN: string
}

export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url)
    return fetch(new Request(env.ORIGIN + pathname + search, request))
  },
} satisfies ExportedHandler<Env>
