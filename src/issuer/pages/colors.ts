/** The two colours of an owner, made readable (WCAG 2.2, contrast of 4.5 to 1). */

const READABLE = 4.5
const WHITE = '#ffffff'
const BLACK = '#000000'
const LIGHT_CARD = '#ffffff'
const DARK_CARD = '#1e2226'

/** What an owner writes, as `#rrggbb`. */
export interface Colors {
  /** Buttons and links. */
  accent?: string
  /** What is behind the page. */
  page?: string
}

/** What is wrong with them, by name. */
export function colorProblems({ accent, page }: Colors): string[] {
  const problems: string[] = []
  for (const [name, color] of Object.entries({ accent, page })) {
    if (color !== undefined && !/^#[\da-f]{6}$/i.test(color)) {
      problems.push(`colors.${name}: must be #rrggbb`)
    }
  }
  if (problems.length === 0 && accent !== undefined && contrast(accent, LIGHT_CARD) < READABLE) {
    const now = contrast(accent, LIGHT_CARD).toFixed(1)
    problems.push(`colors.accent: has a contrast of ${now} to white and needs ${READABLE}`)
  }
  return problems
}

/** Custom properties that replace those of the stylesheet. */
export function colorStyle({ accent, page }: Colors): string {
  const light = [
    page !== undefined && `--page: ${page};`,
    accent !== undefined && `--accent: ${accent}; --on-accent: ${textOn(accent)};`,
  ].filter(Boolean)
  if (light.length === 0) return ''
  const lifted = accent === undefined ? undefined : lift(accent)
  const dark = lifted === undefined ? '' : `--accent: ${lifted}; --on-accent: ${textOn(lifted)};`
  return `:root { ${light.join(' ')} }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; ${dark} } }
`
}

function textOn(color: string): string {
  return contrast(color, WHITE) >= contrast(color, BLACK) ? WHITE : BLACK
}

/** The same colour, as light as it has to be to be read on a dark card. */
function lift(color: string): string {
  let lifted = channels(color)
  while (contrast(hex(lifted), DARK_CARD) < READABLE) {
    lifted = lifted.map((value) => Math.min(255, value + Math.max(1, (255 - value) * 0.05)))
  }
  return hex(lifted)
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function channels(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16))
}

function hex(values: number[]): string {
  return `#${values.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`
}
