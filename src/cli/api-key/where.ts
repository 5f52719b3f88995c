/** In which namespace the keys are: that of a gateway that runs on this machine, or that of a deployed one. */

import { meantGateway, runningGateways } from '../running.ts'

/** A namespace, for wrangler and for people. */
export interface Where {
  readonly flags: readonly string[]
  readonly words: string
}

export interface WhereOptions {
  readonly remote: boolean
  readonly env: string | undefined
  readonly config: string
  readonly binding: string
  readonly namespaceId: string | undefined
  readonly persistTo: string | undefined
  /** Of the gateway that is meant, where several run here. */
  readonly port: string | undefined
}

/** Throws where nothing runs on this machine, or too much. */
export function whereKeysAre(options: WhereOptions): Where {
  const { remote, env, config, binding, namespaceId } = options
  const named = namespaceId === undefined ? ['--binding', binding] : ['--namespace-id', namespaceId]
  const flags = ['--config', config, ...(env === undefined ? [] : ['--env', env]), ...named]
  const words = namespaceId === undefined ? `namespace ${binding}` : `namespace ${namespaceId}`
  if (remote) {
    const deployed = env === undefined ? 'deployed' : `deployed, environment ${env}`
    return { flags: [...flags, '--remote'], words: `${words} (${deployed})` }
  }
  const { folder, whose } = localStorage(options)
  return {
    flags: [...flags, '--local', '--persist-to', folder],
    words: `${words} (on this machine, of ${whose})`,
  }
}

function localStorage({ persistTo, port }: WhereOptions): { folder: string; whose: string } {
  if (persistTo !== undefined) return { folder: persistTo, whose: persistTo }
  const { storage, port: found } = meantGateway(runningGateways('.'), port, {
    script: 'api-key',
    otherwise:
      'Begin "npm start" in another terminal, whose keys last as long as it runs; or write --remote for the deployed gateway, or --persist-to .wrangler/state for "wrangler dev"',
  })
  return { folder: storage, whose: `the gateway on port ${found}` }
}
