/**
 * Imported before oidc-provider: workerd switches every `util.debuglog` on, and Koa would log each
 * step of each request.
 */

import util from 'node:util'

const silent = Object.assign(() => {}, { enabled: false })

util.debuglog = () => silent
