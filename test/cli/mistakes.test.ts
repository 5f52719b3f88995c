import { describe, expect, it } from 'vitest'
import { ACCESS } from '../config/mistakes/access.ts'
import { API_KEYS } from '../config/mistakes/api-keys.ts'
import { CACHING } from '../config/mistakes/caching.ts'
import { CLOUDFLARE_ACCESS } from '../config/mistakes/cloudflare-access.ts'
import { CONNECTIONS } from '../config/mistakes/connections.ts'
import { CORS } from '../config/mistakes/cors.ts'
import { FUSIONAUTH } from '../config/mistakes/fusionauth.ts'
import { HEADERS } from '../config/mistakes/headers.ts'
import { HOSTS } from '../config/mistakes/hosts.ts'
import { LIMITS } from '../config/mistakes/limits.ts'
import { LINKS } from '../config/mistakes/links.ts'
import { MCP } from '../config/mistakes/mcp.ts'
import { ENVIRONMENT, judgeText, type Mistake } from '../config/mistakes/mistake.ts'
import { OIDC_OPTIONS } from '../config/mistakes/oidc-options.ts'
import { OPERATING } from '../config/mistakes/operating.ts'
import { PATHS } from '../config/mistakes/paths.ts'
import { POLICY } from '../config/mistakes/policy.ts'
import { POSSESSIONS } from '../config/mistakes/possession.ts'
import { PROOF } from '../config/mistakes/proof.ts'
import { REFUSALS } from '../config/mistakes/refusals.ts'
import { REVOCATION } from '../config/mistakes/revocation.ts'
import { SCHEMES } from '../config/mistakes/schemes.ts'
import { SESSIONS } from '../config/mistakes/sessions.ts'
import { SUSPICIOUS } from '../config/mistakes/suspicious.ts'
import { TARGETS } from '../config/mistakes/targets.ts'
import { THE_FILE } from '../config/mistakes/the-file.ts'

const MISTAKES: Record<string, readonly Mistake[]> = {
  'in the file as a whole': THE_FILE,
  'in hosts': HOSTS,
  'in a scheme': SCHEMES,
  'in the options of a scheme': OIDC_OPTIONS,
  'in signed links': LINKS,
  'in what tokens are bound to': POSSESSIONS,
  'in a FusionAuth scheme': FUSIONAUTH,
  'in a scheme of API keys': API_KEYS,
  'in a scheme of Cloudflare Access': CLOUDFLARE_ACCESS,
  'in sessions': SESSIONS,
  'in a path': PATHS,
  'in a target': TARGETS,
  'in who may come': ACCESS,
  'in connections': CONNECTIONS,
  'in what a caller needs': POLICY,
  'in headers and parts': HEADERS,
  'in CORS': CORS,
  'in limits and ageing': LIMITS,
  'in rights by tool': MCP,
  'in refusals': REFUSALS,
  'in revocation': REVOCATION,
  'in what the operator sees': OPERATING,
  'in assertions and traces': PROOF,
  'in stored answers': CACHING,
  'that is legal': SUSPICIOUS,
}

describe.each(Object.entries(MISTAKES))('a mistake %s', (_, mistakes) => {
  it.each(mistakes.map((mistake) => [mistake.name, mistake] as const))(
    '(%s) is told with what to write instead',
    (_name, { file, problems, warnings }) => {
      const found = judgeText(file)
      expect({ problems: found.problems, warnings: found.warnings }).toEqual({ problems, warnings })
    },
  )
})

describe('the mistakes', () => {
  const all = Object.values(MISTAKES).flat()

  it('are all told, and none by a value that might be a secret', () => {
    for (const { name, problems, warnings } of all) {
      expect([...problems, ...warnings].length, name).toBeGreaterThan(0)
      expect([...problems, ...warnings].join(), name).not.toContain(ENVIRONMENT.CLIENT_SECRET)
    }
  })

  it('each stand here once', () => {
    expect(new Set(all.map(({ file }) => file)).size).toBe(all.length)
  })

  it('leave a file without them sound', () => {
    const [first] = SUSPICIOUS
    const sound = first?.file.replace("methods: ['GTE']", "methods: ['GET']") ?? ''
    expect(judgeText(sound)).toMatchObject({ problems: [], warnings: [] })
  })
})
