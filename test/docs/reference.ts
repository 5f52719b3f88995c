// Writes docs/reference.md from the TypeScript declarations: `npm run reference`.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Declarations,
  type MakerDoc,
  type OptionDoc,
  readDeclarations,
  type TypeDoc,
} from './declarations.ts'
import { anchor } from './pages.ts'

export const REFERENCE = join(import.meta.dirname, '../../docs/reference.md')

const HEAD = `<!-- Written by "npm run reference" from the declarations in src. -->

# Every option

Everything that may stand in \`src/gateway.config.ts\`: each function that you import there, and each option. Your editor shows the same texts. Times are in seconds. An option that is unknown, missing or of another kind is a problem of the whole file, and \`npm run check\` says which.`

interface Section {
  readonly title: string
  readonly text: string
  readonly has: (maker: MakerDoc) => boolean
}

/** In the order of the page; the first that has a function shows it. */
const SECTIONS: readonly Section[] = [
  {
    title: 'Schemes',
    text: 'Who is calling: entries of `schemes`, which routes name in `auth`.',
    has: ({ makes }) => makes === 'SchemeFeature' || makes === 'SignedLinks',
  },
  {
    title: 'Parts of a route',
    text: 'What stands in `every` holds for each route that has no such part of its own.',
    has: ({ makes }) => makes.startsWith('RoutePart<'),
  },
  {
    title: 'Handlers',
    text: 'For `to`: the gateway answers itself.',
    has: ({ makes }) => makes === 'Handler',
  },
  {
    title: 'Other functions',
    text: 'For the option that takes what they make.',
    has: () => true,
  },
]

export function referencePage({ makers, types }: Declarations): string {
  const shown = new Set<string>()

  function type(name: string): TypeDoc {
    const found = types.get(name)
    if (!found) throw new Error(`there is no type ${name}`)
    shown.add(name)
    return found
  }

  /** Whose own options other functions take too. */
  const sharing = (owner: string) =>
    makers.filter(({ takes }) =>
      takes === undefined ? false : type(takes).options.some((option) => option.owner === owner),
    )
  const isShared = (owner: string, takes: string) => owner !== takes && sharing(owner).length > 1

  function ofMaker({ name, file, text, takes }: MakerDoc): string[] {
    const options = takes === undefined ? [] : type(takes).options
    const own = options.filter(({ owner }) => !isShared(owner, takes ?? ''))
    const shared = Map.groupBy(
      options.filter((option) => !own.includes(option)),
      ({ owner }) => owner,
    )
    return [
      `### \`${name}\``,
      prose(text),
      `\`import { ${name} } from '${file.replace(/^src\//, './')}'\``,
      ...(own.length > 0 ? [tableOf(own)] : []),
      ...[...shared].map(([owner, options]) => alsoTaken(type(owner), options)),
      ...(options.length === 0 && takes === undefined ? ['It has no options.'] : []),
    ]
  }

  function alsoTaken(owner: TypeDoc, options: readonly OptionDoc[]): string {
    const all = owner.options.every(({ name }) => options.some((option) => option.name === name))
    const link = `[${owner.name}](#${anchor(owner.name)})`
    if (all) return `It also takes all options of ${link}.`
    return `It also takes, as in ${link}: ${options.map(({ name }) => `\`${name}\``).join(', ')}.`
  }

  function tableOf(options: readonly OptionDoc[]): string {
    const choices = options.filter(({ isOneOfSeveral }) => isOneOfSeveral)
    const oneOf = choices.map(({ name }) => `\`${name}\``).join(', ')
    const isRisky = ({ name }: OptionDoc) => name.startsWith('dangerously')
    const ordered = [...options.filter((option) => !isRisky(option)), ...options.filter(isRisky)]
    const rows = ordered.map((option) => {
      const { text, fallback } = splitDefault(option)
      const need = option.isOneOfSeveral
        ? `one of ${oneOf} is required`
        : option.isRequired
          ? 'required'
          : fallback
      return `| \`${option.name}\` | ${typeCell(option)} | ${cell(need)} | ${cell(text)} |`
    })
    return ['| option | type | default | what it does |', '|---|---|---|---|', ...rows].join('\n')
  }

  /** Where a type is made by functions, they are named; where it is of this project, it is linked. */
  function typeCell({ type: written, mentions }: OptionDoc): string {
    const made = makers.filter(({ makes }) => makes === written)
    if (/^(?:RoutePart|Feature)</.test(written)) return made.map(linkTo).join(' ')
    const code = `\`${plain(written).replaceAll('|', '\\|')}\``
    const links = [...new Set(mentions)].map((name) => {
      const makersOf = makers.filter(({ makes }) => makes === name)
      if (name === 'SchemeFeature') return '[schemes](#schemes)'
      if (makersOf.length > 0) return makersOf.map(linkTo).join(', ')
      if (name === 'RouteConfig') return '[a route](#a-route)'
      if (name === 'RouteParts') return '[parts](#parts-of-a-route)'
      type(name)
      return `[${name}](#${anchor(name)})`
    })
    return [code, ...links].join('<br>')
  }

  function ofType({ name, text, options, source, mentions }: TypeDoc): string[] {
    for (const mention of mentions) if (types.has(mention)) type(mention)
    const isTable = /Options$/.test(name)
    const body = isTable ? tableOf(options) : `\`\`\`ts\n${plain(source)}\n\`\`\``
    return [`### ${name}`, ...(text === '' ? [] : [prose(text)]), body]
  }

  const sections = [
    HEAD,
    '## The file',
    'What the function in `defineGateway` returns.',
    tableOf(type('GatewayConfig').options),
    '## A route',
    'An entry of `routes`. [Its parts](#parts-of-a-route), such as `cors`, may also stand in `every`.',
    tableOf(type('RouteConfig').options),
  ]
  const left = new Set(makers)
  for (const { title, text, has } of SECTIONS) {
    const here = [...left].filter(has)
    for (const maker of here) left.delete(maker)
    sections.push(`## ${title}`, text, here.map(linkTo).join(' · '), ...here.flatMap(ofMaker))
  }
  sections.push('## Types', 'What the tables name.')
  const own = new Set([
    'GatewayConfig',
    'RouteConfig',
    'RouteParts',
    ...makers.map(({ takes }) => takes),
  ])
  const isOwn = (name: string) => own.has(name) && sharing(name).length < 2
  // Each type may name others.
  for (const name of shown) {
    if (!isOwn(name)) sections.push(...ofType(type(name)))
  }
  return `${sections.join('\n\n')}\n`
}

/** A function of the owner's file, as it is called there. */
function linkTo({ name }: MakerDoc): string {
  return `[\`${name}\`](#${anchor(name)})`
}

function splitDefault({ text }: OptionDoc): { text: string; fallback: string } {
  const [, before = text, fallback = ''] = /^(.*?)\s*\bDefault:?\s+(.*?)\.?$/s.exec(text) ?? []
  return { text: before, fallback: fallback === '' ? '–' : fallback }
}

/** What an owner writes need not say that nobody changes it. */
function plain(type: string): string {
  return type
    .replace(/^export /, '')
    .replaceAll('readonly ', '')
    .replaceAll(/Readonly<(Record<.*>)>/g, '$1')
}

function cell(text: string): string {
  return prose(text).replaceAll('|', '\\|')
}

/** A docstring as Markdown: one line, with links to the pages that it names. */
function prose(text: string): string {
  return text
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/\{@link ([\w.]+)\}/g, '`$1`')
    .replaceAll(/\bdocs\/([\w/-]+\.md)/g, '[$1]($1)')
}

if (import.meta.main) {
  writeFileSync(REFERENCE, referencePage(readDeclarations()))
}
