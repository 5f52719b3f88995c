// package.json's `exports`: one source file each, by the names that the examples and the documentation need.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface Manifest {
  name: string
  exports: Record<string, string>
  sideEffects: readonly string[]
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  peerDependencies: Record<string, string>
}

const MANIFEST = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
/** What a path of the package is made of. */
const SOURCES = new Map(
  Object.entries(MANIFEST.exports)
    .filter(([path]) => path !== './package.json')
    .map(([path, file]) => [
      MANIFEST.name + path.slice(1),
      file.replace('./dist/', 'src/').replace(/\.js$/, '.ts'),
    ]),
)

describe('the package', () => {
  it('has a source file for each of its paths', () => {
    expect([...SOURCES.values()].filter((file) => !existsSync(file))).toEqual([])
  })

  it('has a path for every file that a page of the documentation imports', () => {
    const exported = new Set(SOURCES.values())
    const pages = ['README.md', ...globSync('docs/**/*.md')]
    const imported = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/from '\.\/([\w/-]+\.ts)'/g)].map(
        ([, file = '']) => `src/${file}`,
      ),
    )
    const files = new Set(imported.filter((file) => existsSync(file)))
    expect(files.size).toBeGreaterThan(30)
    expect([...files].filter((file) => !exported.has(file))).toEqual([])
  })

  it('has a path for every preset', () => {
    const shared = ['common', 'provider', 'slips', 'urls'].map(
      (name) => `src/auth/presets/${name}.ts`,
    )
    const presets = globSync('src/auth/presets/*.ts').filter((file) => !shared.includes(file))
    const exported = [...SOURCES.values()].filter((file) => file.startsWith('src/auth/presets/'))
    expect(new Set(exported)).toEqual(new Set(presets))
  })

  it('names every module of a Worker that is imported for what it does', () => {
    const modules = globSync('src/**/*.ts', { exclude: ['src/cli/**'] }).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^import '(\..+)'$/gm)].map(([, path = '']) =>
        join(dirname(file), path),
      ),
    )
    const built = modules.map((file) => file.replace('src/', 'dist/').replace(/\.ts$/, '.js'))
    expect(MANIFEST.sideEffects).toEqual([...modules, ...built].map((file) => `./${file}`))
  })

  it('has the paths by which the examples are typed', () => {
    const text = readFileSync('examples/tsconfig.json', 'utf8').replaceAll(/^\/\/.*$/gm, '')
    const { paths } = (JSON.parse(text) as { compilerOptions: { paths: object } }).compilerOptions
    const wanted = [...SOURCES].map(([name, file]) => [name, [`../${file}`]])
    expect(paths).toEqual(Object.fromEntries(wanted))
  })

  it('is tested with what its owners install for the authorization server', () => {
    const { peerDependencies, devDependencies } = MANIFEST
    for (const [name, range] of Object.entries(peerDependencies)) {
      expect(range).toBe(`^${devDependencies[name]}`)
    }
    const starter = JSON.parse(readFileSync('examples/starter/package.json', 'utf8')) as Manifest
    expect(starter.devDependencies).toMatchObject(peerDependencies)
  })

  it('brings what the lock file of the starter has', () => {
    const { packages } = JSON.parse(readFileSync('examples/starter/package-lock.json', 'utf8')) as {
      packages: Record<string, Partial<Manifest> & { version?: string }>
    }
    const { dependencies } = MANIFEST
    expect(packages['node_modules/@gatehouse/gateway']).toEqual(
      expect.objectContaining({ dependencies }),
    )
    const locked = Object.keys(dependencies).map((name) => [
      name,
      packages[`node_modules/${name}`]?.version,
    ])
    expect(Object.fromEntries(locked)).toEqual(dependencies)
  })
})
