/** What stands before the gateways: a caller's request goes to the one that it names. */

interface Env {
  one: Fetcher
  two: Fetcher
}

export default {
  fetch: (request, env) =>
    request.headers.get('x-instance') === 'two' ? env.two.fetch(request) : env.one.fetch(request),
} satisfies ExportedHandler<Env>
