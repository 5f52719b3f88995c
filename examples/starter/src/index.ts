import { worker } from '@gatehouse/gateway/worker'
import define from './gateway.config.ts'
export default worker(define)
