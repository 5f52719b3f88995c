/** A QR code as a drawing in the page: no image, no script and no style, so the policy stays as it is. */

import { correction, generate } from 'lean-qr'
import { type Html, html } from './html.ts'

/** The blank edge that readers need (ISO/IEC 18004). */
const EDGE = 4

/** `label` is for who cannot see it. Dark on light in every colour scheme, as readers expect. */
export function qrCode(text: string, label: string): Html {
  const code = generate(text, { minCorrectionLevel: correction.M })
  const size = code.size + 2 * EDGE
  const path: string[] = []
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      if (!code.get(x, y)) continue
      const from = x
      while (code.get(x + 1, y)) x++
      path.push(`M${from + EDGE} ${y + EDGE}h${x - from + 1}v1H${from + EDGE}`)
    }
  }
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" shape-rendering="crispEdges">
<rect width="${size}" height="${size}" fill="#fff"/>
<path d="${path.join('')}" fill="#000"/>
</svg>`
}
