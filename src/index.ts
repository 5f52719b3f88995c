import define from './gateway.config.ts'
import { worker } from './worker.ts'

export default worker(define)
