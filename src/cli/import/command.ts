/** What is asked of `npm run import`, and its answer. */

import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { readDocument } from './document.ts'
import { ownersFile } from './owners-file.ts'
import { plan } from './routes.ts'

export const USAGE = `Usage: npm run -s import -- <openapi.yaml> --to <URL> [options]

Writes the routes of an OpenAPI document (3.0, 3.1, 3.2; YAML or JSON) as an owner's file: paths, methods, and who may
come, as "security" says. What has no counterpart is an error with its place, and nothing is written then.

  --to <URL>           where requests go, for example https://orders.internal.example
  --base-path <path>   the path of the server, in place of what "servers" says; "" for none
  --without <scheme>   leaves out a security scheme: an alternative that names it, and an operation that has no other;
                       may be there several times
  --out <file>         writes the file, for example src/gateway.config.ts. Default: prints it
  --force              writes over a file that is there
`

const OPTIONS = {
  to: { type: 'string' },
  'base-path': { type: 'string' },
  without: { type: 'string', multiple: true },
  out: { type: 'string' },
  force: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export interface ImportArguments {
  readonly help: boolean
  readonly file: string
  readonly to: string
  readonly basePath: string | undefined
  readonly without: readonly string[]
  readonly out: string | undefined
  readonly force: boolean
}

/** Throws a TypeError that says what is wrong. */
export function readArguments(args: string[]): ImportArguments {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  const [file = '', ...others] = positionals
  const { to = '', out, without = [], help = false, force = false } = values
  const given = values['base-path']
  if (!help && (file === '' || others.length > 0)) throw new TypeError('Name one OpenAPI document')
  if (!help && to === '') {
    throw new TypeError(
      '--to is missing: where do requests go? --to https://orders.internal.example',
    )
  }
  if (given !== undefined && !/^(?:\/.*)?$/.test(given)) {
    throw new TypeError('--base-path must begin with a slash, for example --base-path /v1')
  }
  return { help, file, to, out, without, force, basePath: given?.replace(/\/+$/, '') }
}

export interface Imported {
  /** The text of the owner's file. */
  readonly text: string
  /** What whoever runs the import should know. */
  readonly notes: readonly string[]
}

/** Throws an ImportError with everything that has no counterpart. */
export function importDocument(
  text: string,
  { file, to, basePath, without }: Pick<ImportArguments, 'file' | 'to' | 'basePath' | 'without'>,
): Imported {
  const document = readDocument(text)
  const planned = plan(document, { basePath, without })
  const open = planned.routes.filter(({ options }) => options.includes(`auth: 'public'`))
  const count = open.reduce((sum, { methods }) => sum + methods.length, 0)
  return {
    text: ownersFile(planned, document, to, basename(file)),
    notes: [
      ...planned.notes,
      ...(count === 0
        ? []
        : [
            `${count} operation${count === 1 ? ' is' : 's are'} public, because "security" asks for nothing`,
          ]),
    ],
  }
}
