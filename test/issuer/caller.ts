/** A Worker in front of the authorization server: it reaches it only through a service binding. */

export default {
  fetch: (request, env) => env.AUTH.fetch(request),
} satisfies ExportedHandler<{ AUTH: Fetcher }>
