// What the owner has written for local development: wrangler.toml, and .dev.vars beside it.

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { parse, TomlError } from 'smol-toml'
import { StartError } from './start-error.ts'

export interface OwnersFiles {
  /** The folder of wrangler.toml, which its paths are relative to. */
  readonly folder: string
  readonly settings: Readonly<Record<string, unknown>>
  /** Of .dev.vars; empty where there is no such file. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** The file of the variables that belong to a wrangler.toml. */
export function variablesFile(config: string): string {
  return join(dirname(config), '.dev.vars')
}

/** Reads both. Throws a {@link StartError} that names the line where wrangler.toml is not TOML. */
export async function readOwnersFiles(config: string): Promise<OwnersFiles> {
  const toml = await readFile(config, 'utf8').catch((cause: unknown) => {
    throw new StartError(`${config} cannot be read.`, { cause })
  })
  const variables = await readFile(variablesFile(config), 'utf8').catch(() => '')
  return { folder: dirname(config), settings: parseToml(toml), variables: parseEnv(variables) }
}

function parseToml(text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const [reason = '', ...code] = cause.message.split('\n')
    const what = reason.replace(/^Invalid TOML document: /, '')
    throw new StartError(
      [`wrangler.toml, line ${cause.line}: ${what}`, ...code].join('\n').trimEnd(),
      { cause },
    )
  }
}
