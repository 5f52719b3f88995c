import { describe, expect, it } from 'vitest'
import { lostOptions } from '../../src/cli/npm-options.ts'

const USAGE = 'Usage: npm run explain -- GET /path [--token <token>] [--dry-run] [--scope "a b"]'

describe('an option that npm kept, because no -- stood before it', () => {
  it('is found by the setting that npm makes of it', () => {
    expect(lostOptions(USAGE, { npm_config_token: 'true' })).toEqual(['token'])
    expect(lostOptions(USAGE, { npm_config_token_description: 'abc' })).toEqual(['token'])
    expect(lostOptions(USAGE, { npm_config_dry_run: 'true', npm_config_scope: 'a b' })).toEqual([
      'dry-run',
      'scope',
    ])
  })

  it('is not seen in settings of npm that are no options of the command', () => {
    expect(lostOptions(USAGE, { npm_config_registry: 'x', npm_config_scope: '@acme' })).toEqual([])
    expect(lostOptions(USAGE, { npm_config_scope: '' })).toEqual([])
  })
})
