/** `npm run import`: writes the routes of an OpenAPI document as an owner's file. */

import { readFileSync, writeFileSync } from 'node:fs'
import { importDocument, readArguments, USAGE } from './import/command.ts'
import { ImportError } from './import/document.ts'

function main(): void {
  const args = readArguments(process.argv.slice(2))
  if (args.help) return void process.stdout.write(USAGE)
  const { text, notes } = importDocument(readFileSync(args.file, 'utf8'), args)
  for (const note of notes) process.stderr.write(`import: ${note}\n`)
  if (args.out === undefined) return void process.stdout.write(text)
  writeFileSync(args.out, text, { flag: args.force ? 'w' : 'wx' })
  process.stderr.write(`import: ${args.out} is written. Look at it, then run "npm run check"\n`)
}

try {
  main()
} catch (error) {
  const problems = error instanceof ImportError ? error.problems : [explain(error)]
  for (const problem of problems) process.stderr.write(`import: ${problem}\n`)
  if (!(error instanceof ImportError)) {
    process.stderr.write('\nHow to use it: npm run -s import -- --help\n')
  }
  process.exitCode = 1
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'EEXIST'
    ? 'the file is there. Write over it with --force'
    : (message ?? String(error))
}
