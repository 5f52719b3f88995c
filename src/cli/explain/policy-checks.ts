/** What a route asks of a caller beyond a credential, one by one. */

import { authorize, type Policy } from '../../auth/authorize.ts'
import type { Principal } from '../../auth/principal.ts'
import { toGatewayError } from '../../errors.ts'
import type { Check } from './token-checks.ts'

/** Each part of the policy alone, in the order in which they are asked. */
export function policyChecks(principal: Principal, policy: Policy): Check[] {
  const none = { scopes: { names: [], any: false }, roles: [], claims: [], alternatives: [] }
  const { scopes, roles, claims, alternatives, published } = policy
  const parts: [name: string, part: Partial<Policy>, asked: boolean][] = [
    ['scopes', { scopes }, scopes.names.length > 0],
    ['roles', { roles }, roles.length > 0],
    ...claims.map((claim): [string, Partial<Policy>, boolean] => [
      `claim ${claim.claim}`,
      { claims: [claim] },
      true,
    ]),
    ['require', { alternatives }, alternatives.length > 0],
  ]
  let isOver = false
  return parts
    .filter(([, , asked]) => asked)
    .map(([name, part]): Check => {
      if (isOver) return { name, verdict: 'not looked at' }
      try {
        authorize(principal, { ...none, published, ...part })
        return { name, verdict: 'ok' }
      } catch (error) {
        isOver = true
        return { name, verdict: 'wrong', detail: toGatewayError(error).message }
      }
    })
}
