import { describe, expect, it } from 'vitest'
import { meantGateway } from '../../src/cli/running.ts'

const running = (...ports: number[]) =>
  ports.map((port) => ({ port, storage: `of ${port}`, standIns: {} }))
const WORDS = { script: 'revoke', otherwise: 'Run "npm start".' }

describe('the gateway that is meant', () => {
  it('is the only one, or the one of PORT', () => {
    expect(meantGateway(running(9102), undefined, WORDS).port).toBe(9102)
    expect(meantGateway(running(9102, 9112), '9112', WORDS).port).toBe(9112)
  })

  it.each([
    [undefined, [], /^no gateway runs on this machine\. Run "npm start"\.$/],
    [undefined, [9102, 9112], /^gateways run on the ports 9102, 9112\. Say which: PORT=9102 /],
    ['9150', [9102], /^no gateway runs on port 9150; of this folder: 9102$/],
    ['9150', [], /^no gateway runs on this machine\. /],
  ])('is not guessed: %s of %s', (port, ports, says) => {
    expect(() => meantGateway(running(...ports), port, WORDS)).toThrow(says)
  })
})
