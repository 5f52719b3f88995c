/**
 * What a month of one billion requests costs on Cloudflare's published prices, from the figures of a run.
 * Workers Standard and KV as published in November 2026, in US dollars.
 */

import type { Row } from '../rows/row.ts'

const REQUESTS = 1_000_000_000
const MONTH_SECONDS = 30 * 86_400
const MILLION = 1_000_000
const PLAN = 5
/** Included in the plan, and the price of each further million. */
const PRICES = {
  requests: { included: 10 * MILLION, perMillion: 0.3 },
  cpuMs: { included: 30 * MILLION, perMillion: 0.02 },
  kvReads: { included: 10 * MILLION, perMillion: 0.5 },
  kvWrites: { included: MILLION, perMillion: 5 },
  logEvents: { included: 20 * MILLION, perMillion: 0.6 },
}
/** An assumption, and a large one: Cloudflare does not say how many isolates a Worker has. */
const ISOLATES = 2_000
const COUNTED_ISOLATES = 50

/** A table in Markdown, one line for each thing that is billed. */
export function costOfAMonth(rows: Row[]): string {
  const repeated = figure(rows, 'Gatehouse, repeated token', 'cpuMicros') / 1_000
  const firstSeen = figure(rows, 'Gatehouse, first-seen token', 'cpuMicros') / 1_000
  const hour = `steady state, ${COUNTED_ISOLATES} isolates: issuer fetches per 600 s`
  const readsEach = figure(rows, hour, 'kvReads') / COUNTED_ISOLATES
  const writes = figure(rows, hour, 'kvWrites')
  const hours = MONTH_SECONDS / 3_600
  const kvReads = readsEach * ISOLATES * hours
  const kvWrites = writes * hours
  const scheduled = MONTH_SECONDS / 300

  const lines = [
    line('plan', 'Workers Standard', PLAN),
    line('requests', `${count(REQUESTS)} requests`, price('requests', REQUESTS)),
    line(
      'CPU, tokens that repeat',
      `${repeated.toFixed(2)} ms a request, all of workerd's CPU on the machine of the last run`,
      price('cpuMs', REQUESTS * repeated),
    ),
    line(
      'CPU, if every token were new',
      `${(firstSeen - repeated).toFixed(2)} ms a request more`,
      price('cpuMs', REQUESTS * firstSeen) - price('cpuMs', REQUESTS * repeated),
    ),
    line(
      'KV reads',
      `${count(kvReads)}: ${readsEach.toFixed(1)} an hour and isolate, ${count(ISOLATES)} isolates that live 15 minutes`,
      price('kvReads', kvReads),
    ),
    line('KV writes', `${count(kvWrites)}: ${writes} an hour`, price('kvWrites', kvWrites)),
    line('scheduled runs', `${count(scheduled)}, each 5 minutes`, price('requests', scheduled)),
    line('fetches of keys and of origins', 'subrequests are not billed', 0),
    line(
      'logs, if every request is logged',
      'two events a request: the invocation and the line that the gateway writes',
      price('logEvents', 2 * REQUESTS),
    ),
    line(
      'logs, 1 in 100 (`head_sampling_rate = 0.01`)',
      'instead of the line above',
      price('logEvents', (2 * REQUESTS) / 100),
    ),
  ]
  const sum = PLAN + price('requests', REQUESTS) + price('cpuMs', REQUESTS * repeated)
  const total = sum + price('kvReads', kvReads) + price('kvWrites', kvWrites)
  return [
    '| what | how much | US$ a month |',
    '|---|---|---|',
    ...lines,
    '',
    `Without logs and with tokens that repeat: **US$ ${total.toFixed(0)} a month**, of which ${((100 * price('requests', REQUESTS)) / total).toFixed(0)} % are Cloudflare's price for the requests themselves.`,
  ].join('\n')
}

function price(what: keyof typeof PRICES, amount: number): number {
  const { included, perMillion } = PRICES[what]
  return (Math.max(0, amount - included) / MILLION) * perMillion
}

function line(what: string, amount: string, dollars: number): string {
  return `| ${what} | ${amount} | ${dollars.toFixed(2)} |`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function figure(rows: Row[], label: string, name: string): number {
  const value = rows.find((row) => row.label === label)?.figures?.[name]
  if (value === undefined) throw new Error(`the row "${label}" has no ${name}`)
  return value
}
