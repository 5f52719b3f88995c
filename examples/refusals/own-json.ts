/** JSON in the shape that the clients of an API know already. */

import type { RefusalPage } from '@gatehouse/gateway/refusal'

export const ownJson: RefusalPage = ({ status, code, detail, instance }) =>
  Response.json({ error: { status, reason: code.toUpperCase(), message: detail, id: instance } })
