// The owner's file of the conformance runs: one server, without rules by tool and with rules that allow everything.

import { defineGateway } from '../../../../src/config/define.ts'
import { cors } from '../../../../src/edge/cors.ts'
import { tools } from '../../../../src/mcp/tools.ts'

interface ScenarioEnv {
  MCP_SERVER: string
  /** The page that the suite takes for one of the server's own. It names http, also where it asks over https. */
  PAGE: string
}

export default defineGateway((env: ScenarioEnv) => {
  const everything = tools({
    otherwise: [],
    // Unknown ones pass too, so that it is the server that refuses them.
    methods: ['*'],
  })
  return {
    schemes: {},
    routes: [
      { path: '/plain', auth: 'public', to: env.MCP_SERVER },
      {
        path: '/tools',
        auth: 'public',
        to: env.MCP_SERVER,
        mcp: everything,
        cors: cors({ origins: [env.PAGE] }),
      },
    ],
  }
})
