/** Counts answers: a point in Workers Analytics Engine for each, and an event for whoever bills by use. */

import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { Feature } from '../../auth/feature.ts'
import { encodeUtf8 } from '../../lib/bytes.ts'
import type { Scope } from '../../lib/scope.ts'
import { options as optionsSchema } from '../../options/options.ts'
import { reportIssues, textLike, told } from '../../options/schemas.ts'
import type { Log, RequestEvent } from '../log.ts'
import { BLOBS, DOUBLES, type Outcome, type Usage } from './columns.ts'

/** The part of the platform's `AnalyticsEngineDataset` that is used. */
export interface Dataset {
  writeDataPoint(point: { indexes?: string[]; blobs?: string[]; doubles?: number[] }): void
}

export interface MetricsOptions {
  /** A binding under `[[analytics_engine_datasets]]` in wrangler.toml: `env.METRICS`. */
  dataset: Dataset
  /** A header in which an origin says how many units its answer is worth. Default: each is worth 1. */
  unitsHeader?: string
  /** Is told of each answer. It may take its time; where it throws, the log says so. Default: nobody is. */
  onUsage?: (usage: Usage) => unknown
}

/** The config's `metrics`, made by {@link metrics}. */
export interface Metrics {
  /** Never throws: no answer depends on it. */
  write(event: RequestEvent, response: Response, scope: Scope, log: Log): void
}

const MAX_INDEX_BYTES = 96
/** So that the 20 columns together stay below 16 KiB. */
const MAX_BLOB_CHARACTERS = 200

const schema = optionsSchema<MetricsOptions>(
  {
    dataset: told((value) => {
      if (typeof Object(value).writeDataPoint === 'function') return undefined
      return 'must be the binding of a dataset: env.METRICS. Add [[analytics_engine_datasets]] with binding = "METRICS" to wrangler.toml, and run "npm run types"'
    }),
    unitsHeader: v.exactOptional(
      textLike("'x-units'", (name) =>
        /^[a-z\d-]+$/.test(name)
          ? undefined
          : "must be the name of a header in lower case, for example 'x-units'",
      ),
    ),
    onUsage: v.exactOptional(
      told((value) =>
        typeof value === 'function' ? undefined : 'must be a function: (usage) => { … }',
      ),
    ),
  },
  {
    example: 'metrics({ dataset: env.METRICS })',
    examples: { dataset: 'env.METRICS', unitsHeader: "'x-units'" },
    otherNames: {
      analytics: 'dataset',
      binding: 'dataset',
      usage: 'onUsage',
      units: 'unitsHeader',
    },
  },
)

/** Counts answers by route, client, key and outcome. */
export function metrics(given: MetricsOptions): Feature<Metrics, string> {
  return {
    check(path, to) {
      const { success, issues } = v.safeParse(schema, given)
      if (!success) reportIssues(issues, path, to)
    },

    compile() {
      const { dataset, unitsHeader, onUsage } = given
      return {
        write(event, response, scope, log) {
          const usage = usageOf(event, response, unitsHeader)
          const fail = (cause: unknown) => {
            const reason = cause instanceof Error ? cause.message : 'a value was thrown'
            log({ event: 'metrics_failed', id: event.id, reason })
          }
          try {
            dataset.writeDataPoint(pointOf(event, usage))
          } catch (cause) {
            fail(cause)
          }
          if (onUsage) scope.waitUntil(tell(onUsage, usage).catch(fail))
        },
      }
    },
  }
}

async function tell(onUsage: (usage: Usage) => unknown, usage: Usage): Promise<void> {
  await onUsage(usage)
}

function usageOf(event: RequestEvent, { headers }: Response, unitsHeader?: string): Usage {
  const { id, client, keyId, route } = event
  const outcome = outcomeOf(event)
  const units = outcome === 'served' ? unitsIn(unitsHeader && headers.get(unitsHeader)) : 0
  return { id, client, key: keyId as string | undefined, route, outcome, units }
}

function outcomeOf({ code, status }: RequestEvent): Outcome {
  if (status >= 500) return 'failed'
  return code === undefined ? 'served' : 'refused'
}

/** What cannot be read is worth what most are. */
function unitsIn(text: string | null | undefined): number {
  return text && /^\d{1,12}(?:\.\d{1,6})?$/.test(text) ? Number(text) : 1
}

function pointOf(event: RequestEvent, usage: Usage) {
  return {
    indexes: [indexOf(usage)],
    blobs: BLOBS.map((column) => (column.of(event, usage) ?? '').slice(0, MAX_BLOB_CHARACTERS)),
    // A duration of nothing: 0 could be one of something.
    doubles: DOUBLES.map((column) => column.of(event, usage) ?? -1),
  }
}

/** The key or the client, which points are sampled by; where its name is too long, a hash of it. */
function indexOf({ key, client = '' }: Usage): string {
  const name = key ?? client
  if (encodeUtf8(name).length <= MAX_INDEX_BYTES) return name
  return createHash('sha256').update(name).digest('base64url')
}
