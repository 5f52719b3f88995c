/** A bar chart of CPU per request as SVG; its colours follow the reader's light or dark mode. */

import type { Row } from '../rows/row.ts'

const WIDTH = 760
const LABEL_WIDTH = 230
const FIGURE_WIDTH = 110
const BAR_HEIGHT = 20
const STEP = 32
const TOP = 84
const CAP = 5

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .note, .figure { fill: #59636e; }
  .note { font-size: 12px; }
  .peer { fill: #8c959f; }
  .ours { fill: #1f6feb; }
  .interval, .limit { stroke: #1f2328; fill: none; }
  .interval { stroke-width: 1.5; }
  .limit { stroke-dasharray: 3 3; opacity: 0.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note, .figure { fill: #9198a1; }
    .peer { fill: #6e7681; }
    .ours { fill: #4493f8; }
    .interval, .limit { stroke: #e6edf3; }
  }`

/** Draws the contenders' rows: the bar is the median, the bracket at its end the 95 % interval. */
export function chart(rows: Row[], machine: string): string {
  const bars = rows.filter(({ unit }) => unit === '×').sort(byMedian)
  const longest = Math.max(...bars.map(({ value }) => value.high))
  const scale = (WIDTH - LABEL_WIDTH - FIGURE_WIDTH) / longest
  const height = TOP + bars.length * STEP + 20
  const limit = LABEL_WIDTH + scale
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="CPU per request, divided by that of a pass-through Worker">
<style>${STYLE}
</style>
<text class="title" x="0" y="18">CPU per request, divided by that of a Worker that only passes through</text>
<text class="note" x="0" y="38">RS256, 12 claims; issuer, audience and expiry checked. 19 headers of a browser and of Cloudflare.</text>
<text class="note" x="0" y="56">Median of the processes and its 95 % interval. ${escapeXml(machine)}</text>
<line class="limit" x1="${px(limit)}" y1="${TOP - 8}" x2="${px(limit)}" y2="${height - 16}"/>
${bars.map((row, index) => bar(row, TOP + index * STEP, scale)).join('\n')}
</svg>
`
}

function bar({ label, value: { median, low, high } }: Row, y: number, scale: number): string {
  const middle = y + BAR_HEIGHT / 2
  const x = (ratio: number) => px(LABEL_WIDTH + ratio * scale)
  const kind = label.startsWith('Gatehouse') ? 'ours' : 'peer'
  return `<text x="${LABEL_WIDTH - 10}" y="${middle + 5}" text-anchor="end">${escapeXml(label)}</text>
<rect class="${kind}" x="${LABEL_WIDTH}" y="${y}" width="${px(median * scale)}" height="${BAR_HEIGHT}" rx="2"/>
${low === high ? '' : interval(x(low), x(high), middle)}
<text class="figure" x="${px(LABEL_WIDTH + high * scale + 8)}" y="${middle + 5}">${median.toFixed(2)} ×</text>`
}

function interval(from: string, to: string, y: number): string {
  return `<path class="interval" d="M${from} ${y - CAP}v${2 * CAP}m0 ${-CAP}H${to}m0 ${-CAP}v${2 * CAP}"/>`
}

function byMedian(a: Row, b: Row): number {
  return a.value.median - b.value.median
}

function px(value: number): string {
  return value.toFixed(1)
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
