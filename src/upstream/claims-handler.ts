/** The handler behind `/api/claims`: shows a caller what the gateway knows of them. */

import type { Handler } from './target.ts'

/** Answers 200 with the verified claims and `"active": true`, the shape of an introspection response. */
export const claims: Handler = (_request, principal) =>
  principal
    ? Response.json({ ...principal.claims, active: true })
    : Response.json({ active: false })
