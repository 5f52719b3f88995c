/** Route patterns as a company with many services writes them: literals, parameters and wildcards. */

const FORMS = [
  (team: string, service: string) => [`/${team}/${service}`, `/${team}/${service}`],
  (team: string, service: string) => [`/${team}/${service}/:id`, `/${team}/${service}/42`],
  (team: string, service: string) => [
    `/${team}/${service}/files/*`,
    `/${team}/${service}/files/a/b`,
  ],
  (team: string, service: string) => [
    `/${team}/${service}/:id/lines/:line`,
    `/${team}/${service}/42/lines/7`,
  ],
] as const

const SERVICES_PER_TEAM = 20

/** The first `count` patterns, each with a path that it matches. */
export function routePaths(count: number): { pattern: string; path: string }[] {
  return Array.from({ length: count }, (_, index) => {
    const service = Math.floor(index / FORMS.length)
    const team = `team-${Math.floor(service / SERVICES_PER_TEAM)}`
    const form = FORMS[index % FORMS.length] ?? FORMS[0]
    const [pattern = '', path = ''] = form(team, `service-${service % SERVICES_PER_TEAM}`)
    return { pattern, path }
  })
}
