/** Entry of the authorization server's Worker. */

import config from './issuer.config.ts'
import { createIssuer } from './issuer.ts'

export { IssuerStorage } from './storage/issuer-storage.ts'

export default createIssuer(config)
