// What an owner says about the log, metrics and health.

import { inOperating, type Mistake } from './mistake.ts'

export const OPERATING: readonly Mistake[] = [
  inOperating(
    'a log that is switched on and not made',
    'log: true',
    "log: must be made by requestLog({ subject: 'plain' })",
  ),
  inOperating(
    'metrics that are a binding',
    'metrics: env.METRICS',
    'metrics: must be made by metrics({ dataset: env.METRICS })',
  ),
  inOperating(
    'health that is not called',
    'health',
    'health: must be made by health({ operatorKey: env.OPERATOR_KEY })',
  ),
  inOperating(
    'two ways to write a subject',
    "log: requestLog({ subject: 'plain', subjectKey: env.LOG_KEY })",
    'log: has subject and subjectKey. Write one of the two',
  ),
  inOperating(
    'a subject in another way',
    "log: requestLog({ subject: 'hash' })",
    "log.subject: must be 'plain', or left out for no subject in the log",
  ),
  inOperating(
    'a key for subjects that can be guessed',
    "log: requestLog({ subjectKey: 'short' })",
    'log.subjectKey: has 5 bytes, and a key needs 32 or more, or subjects can be guessed. Make one with "openssl rand -base64 32", and set it as a secret',
  ),
  inOperating(
    'a ratio in per cent',
    'log: requestLog({ sampleRatio: 10 })',
    'log.sampleRatio: must be a number from 0 (none) to 1 (all), for example 0.1',
  ),
  inOperating(
    'sampling by another name',
    'log: requestLog({ sampling: 0.1 })',
    'log.sampling: is not an option. Did you mean sampleRatio?',
  ),
  inOperating(
    'a dataset that is not bound',
    'metrics: metrics({ dataset: env.METRIX })',
    'metrics.dataset: is undefined: what stands here is not set. Set the variable or secret (in .dev.vars, and with "npx wrangler secret put <NAME>"), declare the binding (in wrangler.toml), or write a value, for example dataset: env.METRICS',
  ),
  inOperating(
    'a dataset that is another binding',
    'metrics: metrics({ dataset: env.STORE })',
    'metrics.dataset: must be the binding of a dataset: env.METRICS. Add [[analytics_engine_datasets]] with binding = "METRICS" to wrangler.toml, and run "npm run types"',
  ),
  inOperating(
    'a header for units with capital letters',
    "metrics: metrics({ dataset: env.METRICS, unitsHeader: 'X-Units' })",
    "metrics.unitsHeader: must be the name of a header in lower case, for example 'x-units'",
  ),
  inOperating(
    'usage that is told to a binding',
    'metrics: metrics({ dataset: env.METRICS, onUsage: env.ORDERS })',
    'metrics.onUsage: must be a function: (usage) => { … }',
  ),
  inOperating(
    'an operator key that can be guessed',
    "health: health({ operatorKey: 'letmein' })",
    'health.operatorKey: has 7 bytes, and a key needs 32 or more, or it can be guessed. Make one with "openssl rand -base64 32", and set it as a secret',
  ),
  inOperating(
    'a version that is not bound',
    "health: health({ version: '1.2' })",
    'health.version: must be the binding of version metadata: env.CF_VERSION_METADATA. Add [version_metadata] with binding = "CF_VERSION_METADATA" to wrangler.toml, and run "npm run types"',
  ),
]
