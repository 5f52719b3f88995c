/** What the owner's file comes to as a whole, where that is no config at all. */

const EXAMPLE =
  'export default defineGateway((env: Env): GatewayConfig => ({ schemes: { … }, routes: [ … ] }))'

/** What is wrong with a value that should be a config; undefined where it is an object, good or bad. */
export function explainWhole(config: unknown): string | undefined {
  if (config === undefined) {
    return 'is undefined: the function in defineGateway returns nothing. Write ({ … }) in parentheses after =>, or return { … }'
  }
  if (isThenable(config)) {
    return 'is a promise: the function in defineGateway is async. Take async and await out; secrets and bindings are in env, and nothing else can be waited for here'
  }
  if (typeof config === 'function') {
    return 'is a function: the function in defineGateway returns another one. Return the object: (env: Env) => ({ schemes: { … }, routes: [ … ] })'
  }
  if (Array.isArray(config)) {
    return 'is a list, and must be an object: { schemes: { … }, routes: [ … ] }'
  }
  if (typeof config !== 'object' || config === null) {
    return 'must be an object: { schemes: { … }, routes: [ … ] }'
  }
  return undefined
}

/** What is wrong with the default export of the owner's file; undefined where it is a function. */
export function explainExport(exported: unknown): string | undefined {
  if (typeof exported === 'function') return undefined
  if (exported === undefined) return `has no default export. Write ${EXAMPLE}`
  return `exports something else than a function. Write ${EXAMPLE}`
}

/** Whether somebody would have to wait for it. A rejection that nobody waits for is silenced. */
function isThenable(value: unknown): boolean {
  if (!(value instanceof Promise)) return false
  value.catch(() => {})
  return true
}
