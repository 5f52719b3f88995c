// The gateway as tests make it: a line of its log with anything that a client showed ends the test.

import {
  createGateway as create,
  type Gateway,
  type GatewayDependencies,
} from '../../src/gateway.ts'
import { findSecretIn, noteSecretsOf } from './log-secrets.ts'

export function createGateway(
  config: Parameters<typeof create>[0],
  dependencies: GatewayDependencies = {},
): Gateway {
  const gateway = create(config, {
    ...dependencies,
    log(event) {
      const found = findSecretIn(event)
      if (found !== undefined) throw new Error(`a line of the log has ${found}`)
      if (dependencies.log) dependencies.log(event)
      else console.log(JSON.stringify(event))
    },
  })
  return {
    ...gateway,
    fetch(request, context) {
      noteSecretsOf(request)
      return gateway.fetch(request, context)
    },
  }
}
