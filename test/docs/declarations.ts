// What an owner can write, read from the TypeScript declarations: every function for the owner's file, and every
// option of each. The compiler of this version has an API for programs; it is "unstable", and the version is pinned.

import { join, relative } from 'node:path'
import {
  isInterfaceDeclaration,
  isIntersectionTypeNode,
  isPropertySignatureDeclaration,
  isTypeAliasDeclaration,
  isTypeReferenceNode,
  type Node,
  type PropertySignatureDeclaration,
} from 'typescript/unstable/ast'
import {
  API,
  type Checker,
  NodeBuilderFlags,
  type Project,
  type Signature,
  SignatureKind,
  SymbolFlags,
  type Type,
  type Symbol as TypeScriptSymbol,
} from 'typescript/unstable/sync'

export interface OptionDoc {
  readonly name: string
  readonly isRequired: boolean
  /** As it is written in the declaration. */
  readonly type: string
  readonly text: string
  /** Names of types in `type`. */
  readonly mentions: readonly string[]
  /** Exactly one of all options of this kind is needed. */
  readonly isOneOfSeveral: boolean
  /** The interface that the option stands in. */
  readonly owner: string
}

/** A named type that is not built in: what it says of itself, its source, and its options. */
export interface TypeDoc {
  readonly name: string
  readonly text: string
  readonly source: string
  readonly options: readonly OptionDoc[]
  /** Names of types that it mentions. */
  readonly mentions: readonly string[]
}

/** A function that an owner imports. */
export interface MakerDoc {
  readonly name: string
  /** From the repository's root. */
  readonly file: string
  readonly text: string
  /** What it returns: `SchemeFeature`, `RoutePart<Cors>`, `Handler`. */
  readonly makes: string
  /** The type of its options; undefined where it takes none. */
  readonly takes: string | undefined
}

export interface Declarations {
  readonly makers: readonly MakerDoc[]
  readonly types: ReadonlyMap<string, TypeDoc>
}

const ROOT = join(import.meta.dirname, '../..')
const FOLDERS = /\/src\/(?:auth|edge|session|mcp|operate|upstream|config)\//

export function readDeclarations(): Declarations {
  const api = new API({ cwd: ROOT })
  try {
    const config = join(import.meta.dirname, 'tsconfig.json')
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)
    if (!project) throw new Error('tsconfig.json is not read')
    return read(project)
  } finally {
    api.close()
  }
}

function read(project: Project): Declarations {
  const { program, checker } = project
  const makers: MakerDoc[] = []
  const types = new Map<string, TypeDoc>()
  const wanted = [named(project, 'src/config/define.ts', 'GatewayConfig')]
  const handler = named(project, 'src/upstream/target.ts', 'Handler')
  const handlerType = checker.getDeclaredTypeOfSymbol(handler)

  for (const file of program.getSourceFileNames().filter((name) => FOLDERS.test(name))) {
    for (const symbol of exportsOf(project, file)) {
      const type = checker.getTypeOfSymbol(symbol)
      const [signature] = type ? checker.getSignaturesOfType(type, SignatureKind.Call) : []
      const made = signature && checker.getReturnTypeOfSignature(signature)
      if (!type || !signature || !made) continue
      const isHandler = checker.typeToString(type) === 'Handler'
      const makesHandler =
        checker.getSignaturesOfType(made, SignatureKind.Call).length > 0 &&
        checker.isTypeAssignableTo(made, handlerType)
      const isFeature = isMade(checker, made)
      if (!isHandler && !makesHandler && !isFeature) continue
      const takes = isHandler ? undefined : optionsTaken(checker, signature)
      if (takes) wanted.push(takes)
      makers.push({
        name: symbol.name,
        file: relative(ROOT, file),
        text: checker.getDocumentationCommentOfSymbol(symbol),
        makes: isHandler || makesHandler ? 'Handler' : checker.typeToString(made),
        takes: takes?.name,
      })
    }
  }
  for (let symbol = wanted.pop(); symbol; symbol = wanted.pop()) {
    if (types.has(symbol.name)) continue
    const { doc, mentioned } = readType(project, symbol)
    types.set(symbol.name, doc)
    const isWritten = (named: TypeScriptSymbol) =>
      !isMade(checker, checker.getDeclaredTypeOfSymbol(named))
    wanted.push(...mentioned.filter(isWritten))
  }
  return { makers: makers.toSorted((a, b) => (a.name < b.name ? -1 : 1)), types }
}

/** Whether a value is made by a function for the owner's file, which checks its own options. */
function isMade(checker: Checker, type: Type): boolean {
  return checker.getPropertyOfType(type, 'check') !== undefined
}

function exportsOf({ program, checker }: Project, file: string): readonly TypeScriptSymbol[] {
  const source = program.getSourceFile(file)
  const module = source && checker.getSymbolAtLocation(source)
  return module ? checker.getExportsOfModule(module) : []
}

function named(project: Project, file: string, name: string): TypeScriptSymbol {
  const found = exportsOf(project, join(ROOT, file)).find((symbol) => symbol.name === name)
  if (!found) throw new Error(`${file} exports no ${name}`)
  return found
}

/** The declared type of the first parameter. */
function optionsTaken(checker: Checker, signature: Signature): TypeScriptSymbol | undefined {
  if (signature.getParameters().length === 0) return undefined
  const given = checker.getParameterType(signature, 0)
  const type = given && checker.getNonNullableType(given)
  const isList = type && checker.isArrayType(type) && type.isTypeReference()
  const options = isList ? checker.getTypeArguments(type)[0] : type
  return options?.getAliasSymbol() ?? options?.getSymbol()
}

function readType(
  project: Project,
  symbol: TypeScriptSymbol,
): { doc: TypeDoc; mentioned: readonly TypeScriptSymbol[] } {
  const { checker } = project
  const declaration = symbol.declarations[0]?.resolve(project)
  if (!declaration) throw new Error(`${symbol.name} has no declaration`)
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const isObject =
    isInterfaceDeclaration(declaration) ||
    (isTypeAliasDeclaration(declaration) && isIntersectionTypeNode(declaration.type))
  const properties = isObject ? checker.getPropertiesOfType(type) : []
  const hasOptions =
    isObject && properties.every((property) => signaturesOf(project, property).length > 0)
  const read = (hasOptions ? properties : []).map((property) => readOption(project, property))
  const mentioned = hasOptions
    ? read.flatMap(({ mentioned }) => mentioned)
    : mentionedIn(project, declaration)
  const doc = {
    name: symbol.name,
    text: checker.getDocumentationCommentOfSymbol(symbol),
    source: sourceOf(project, declaration, type),
    options: read.map(({ option }) => option),
    mentions: mentioned.map(({ name }) => name),
  }
  return { doc, mentioned }
}

/** A list of literals says nothing where only its name is written. */
function sourceOf({ checker }: Project, declaration: Node, type: Type): string {
  const written = declaration.getText()
  if (!isTypeAliasDeclaration(declaration) || !/typeof/.test(written)) return written
  const names = checker.typeToString(
    type,
    declaration,
    NodeBuilderFlags.InTypeAlias | NodeBuilderFlags.NoTruncation,
  )
  return `type ${declaration.name.getText()} = ${names.replaceAll('"', "'")}`
}

function readOption(
  project: Project,
  property: TypeScriptSymbol,
): { option: OptionDoc; mentioned: readonly TypeScriptSymbol[] } {
  const declarations = signaturesOf(project, property)
  // In a choice of two shapes, the other one forbids the option.
  const declaration = declarations.find((node) => node.type?.getText() !== 'never')
  if (!declaration?.type) throw new Error(`${property.name} has no type`)
  const mentioned = mentionedIn(project, declaration.type)
  return {
    option: {
      name: property.name,
      isRequired: declaration.postfixToken === undefined,
      isOneOfSeveral: declarations.length > 1,
      type: declaration.type.getText().replaceAll(/\s+/g, ' '),
      text: project.checker.getDocumentationCommentOfSymbol(property),
      mentions: mentioned.map(({ name }) => name),
      owner: ownersOf(project, declaration)[0]?.name ?? '',
    },
    mentioned: [...mentioned, ...ownersOf(project, declaration)],
  }
}

/** None of a method, which is nothing that an owner writes as an option. */
function signaturesOf(
  project: Project,
  { declarations }: TypeScriptSymbol,
): PropertySignatureDeclaration[] {
  return declarations
    .map((handle) => handle.resolve(project))
    .filter((node) => node !== undefined && isPropertySignatureDeclaration(node))
}

/** The interface that an option stands in; none where it is part of a larger type. */
function ownersOf(project: Project, { parent }: Node): readonly TypeScriptSymbol[] {
  const owner = isInterfaceDeclaration(parent) && project.checker.getSymbolAtLocation(parent.name)
  return owner ? [owner] : []
}

/** The types of this project that a declaration names, in order. */
function mentionedIn(project: Project, declaration: Node): readonly TypeScriptSymbol[] {
  const { checker } = project
  const found: TypeScriptSymbol[] = []
  const visit = (node: Node): void => {
    if (isTypeReferenceNode(node)) {
      const symbol = checker.getSymbolAtLocation(node.typeName)
      const original = symbol && isAlias(symbol) ? checker.getAliasedSymbol(symbol) : symbol
      const [handle] = original?.declarations ?? []
      const declared = handle?.resolve(project)
      const isOurs = declared?.getSourceFile().fileName.startsWith(join(ROOT, 'src/'))
      const isType =
        declared && (isInterfaceDeclaration(declared) || isTypeAliasDeclaration(declared))
      if (original && isOurs && isType) {
        found.push(original)
        // What is behind `RoutePart<Cors>` is nothing that an owner writes.
        if (isMade(checker, checker.getDeclaredTypeOfSymbol(original))) return
      }
    }
    node.forEachChild(visit)
  }
  visit(declaration)
  return found
}

function isAlias({ flags }: TypeScriptSymbol): boolean {
  return (flags & SymbolFlags.Alias) !== 0
}
