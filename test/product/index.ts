// The entry that src/index.ts is for the owner's file.

import { worker } from '../../src/worker.ts'
import define from './gateway.config.ts'

export default worker(define)
