// The Worker of `npm run demo`.

import { worker } from '../../src/worker.ts'
import gateway from './gateway.config.ts'

export default worker(gateway)
