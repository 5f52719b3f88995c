// A copy of this checkout, for tests that edit the owner's files or run what reads them. The copy's own are those
// of test/product, so that what the owner of this checkout has written makes no difference.

import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

const CHECKOUT = join(import.meta.dirname, '../..')
const LEFT_OUT = ['node_modules', '.git', '.wrangler', '.dev.vars']

export interface CheckoutCopy {
  readonly folder: string
  /** Writes a file of the copy. */
  write(path: string, text: string): Promise<void>
  read(path: string): Promise<string>
  remove(): Promise<void>
}

/** Copies everything but what git ignores. Dependencies are the checkout's own. */
export async function copyCheckout(): Promise<CheckoutCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-copy-'))
  await cp(CHECKOUT, folder, {
    recursive: true,
    filter: (from) => !LEFT_OUT.includes(relative(CHECKOUT, from)),
  })
  await symlink(join(CHECKOUT, 'node_modules'), join(folder, 'node_modules'))
  const copy: CheckoutCopy = {
    folder,
    async write(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    },
    read: (path) => readFile(join(folder, path), 'utf8'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
  const toml = await copy.read('test/product/wrangler.toml')
  await copy.write('wrangler.toml', toml.replace('"index.ts"', '"src/index.ts"'))
  const config = await copy.read('test/product/gateway.config.ts')
  await copy.write('src/gateway.config.ts', config.replaceAll('../../src/', './'))
  return copy
}
