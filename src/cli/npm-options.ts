/** What happens to a command between a shell and a program: npm takes options for its own, and a reader goes away. */

/** The options in `usage` that npm kept for itself, because no `--` stood before them. */
export function lostOptions(
  usage: string,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const names = new Set([...usage.matchAll(/--([a-z][a-z-]+)/g)].map(([, name = '']) => name))
  return [...names].filter((name) => {
    const setting = `npm_config_${name.replaceAll('-', '_')}`
    // npm completes what is the beginning of a setting of its own: --token is its --token-description.
    const kept = env[setting] ?? env[`${setting}_description`]
    // npm's own setting of this name says which registry an organization has.
    return kept !== undefined && kept !== '' && !(name === 'scope' && kept.startsWith('@'))
  })
}

/** Says on stderr what npm kept, and lets `| head` end the command without a word. */
export function onTerminal(usage: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  const lost = lostOptions(usage, process.env)
  if (lost.length === 0) return
  const script = process.env.npm_lifecycle_event ?? 'explain'
  process.stderr.write(
    `${lost.map((name) => `--${name}`).join(' and ')} went to npm itself. Write "--" before the options: npm run ${script} -- …\n\n`,
  )
}
