export default {
  fetch: () => new Response('not yet', { status: 500 }),
} satisfies ExportedHandler<Env>
