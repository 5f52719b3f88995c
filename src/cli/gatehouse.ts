#!/usr/bin/env node
/** The command of the package: `gatehouse check`, in the folder of a wrangler.toml and a src/gateway.config.ts. */

const OLDEST_NODE = [22, 18] as const

/** Each runs when it is imported, and reads what stands behind its name. */
const COMMANDS: Readonly<Record<string, readonly [what: string, run: () => Promise<unknown>]>> = {
  start: ['runs your gateway on this machine', () => import('./start.ts')],
  token: ['prints a token of its authorization server', () => import('./token.ts')],
  check: ['says everything that is wrong, before you deploy', () => import('./check.ts')],
  explain: ['says what would happen to a request, and why', () => import('./explain.ts')],
  import: [
    'writes the routes of an OpenAPI document as an owner’s file',
    () => import('./import.ts'),
  ],
  'api-key': ['makes, lists, rotates and revokes API keys', () => import('./api-key.ts')],
  'sign-url': ['prints a signed link', () => import('./sign-url.ts')],
  revoke: ['cuts tokens off before they expire', () => import('./revoke.ts')],
  'assertion-key': ['makes a key for assertions', () => import('./assertion-key.ts')],
  issuer: ['administers an authorization server', () => import('./issuer.ts')],
}

const USAGE = `Usage: gatehouse <command> [options]

${Object.entries(COMMANDS)
  .map(([name, [what]]) => `  ${name.padEnd(15)} ${what}`)
  .join('\n')}

Each of them explains its options: gatehouse check --help
`

/** Whether this Node reads the owner's TypeScript. */
function isNewEnough(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
}

async function main(): Promise<void> {
  const [name = ''] = process.argv.splice(2, 1)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!isNewEnough()) {
    process.stderr.write(
      `gatehouse needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${process.version}.\n`,
    )
    process.exitCode = 1
  } else if (command) {
    await command[1]()
  } else {
    const isHelp = ['', '--help', '-h'].includes(name)
    const out = isHelp ? process.stdout : process.stderr
    out.write(isHelp ? USAGE : `gatehouse: there is no command "${name}"\n\n${USAGE}`)
    process.exitCode = isHelp ? 0 : 1
  }
}

await main()
