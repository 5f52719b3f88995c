/** JSON in the shape that the clients of an API know already. */

import type { RefusalPage } from '../../src/edge/refusal.ts'

export const ownJson: RefusalPage = ({ status, code, detail, instance }) =>
  Response.json({ error: { status, reason: code.toUpperCase(), message: detail, id: instance } })
