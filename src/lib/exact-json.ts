/**
 * JSON whose numbers keep their digits. A double holds whole numbers up to 2^53: beyond, JSON.parse makes one
 * number of two, and so one user of two. `JSON.stringify` writes what is parsed here as it was.
 */

/** The parts of a proposal that the runtime has and TypeScript does not know yet: the text of a number, both ways. */
interface SourceTextAccess {
  parse(text: string, revive: Revive): unknown
  rawJSON(text: string): object
}
type Revive = (key: string, value: unknown, context: { source?: string }) => unknown
const { parse, rawJSON } = JSON as unknown as SourceTextAccess

/** A value with 16 digits or more, or an exponent: what a double may not hold. */
const SUSPECT = /[:[,]\s*-?(?:\d[\d.]{15}|\d[\d.]*[eE])/
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i

/**
 * A number that a double would change. It is no `number`: compare its `digits`, or make a `BigInt` of them.
 * Written by `JSON.stringify`, `String` and templates with the digits that it was read with.
 */
export class ExactNumber {
  readonly #digits: string

  constructor(digits: string) {
    this.#digits = digits
  }

  /** As they were written. */
  get digits(): string {
    return this.#digits
  }

  toString(): string {
    return this.#digits
  }

  toJSON(): object {
    return rawJSON(this.#digits)
  }
}

/**
 * `JSON.parse`, where a number that would come out as another one is an {@link ExactNumber}: whole numbers
 * beyond 2^53, fractions with more digits than a double has, and what is too large or too small for one.
 * Throws a SyntaxError where the text is no JSON.
 */
export function parseExact(text: string): unknown {
  return SUSPECT.test(text) ? parse(text, revive) : JSON.parse(text)
}

/** The nearest double of a number as it was parsed; undefined for anything else. */
export function toDouble(value: unknown): number | undefined {
  if (value instanceof ExactNumber) return Number(value.digits)
  return typeof value === 'number' ? value : undefined
}

const revive: Revive = (_key, value, { source }) => {
  if (typeof value !== 'number' || source === undefined) return value
  const isKept = canonical(String(value)) === canonical(source)
  return isKept && !isBeyondDouble(value) ? value : new ExactNumber(source)
}

function isBeyondDouble(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value)
}

/** One spelling for every way to write a number: sign, digits without zeros at either end, exponent of ten. */
function canonical(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return '0'
  let end = digits.length
  while (digits[end - 1] === '0') end--
  const zeros = digits.length - end
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + zeros}`
}
