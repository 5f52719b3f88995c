/**
 * One core for whoever is measured, the others for everything else, where taskset exists and there are two:
 * neither then takes the other's cache and time, and no process is moved in the middle of a turn.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

interface Split {
  measured: string
  others: string
}

let split: Split | undefined

/** Moves this process and what it starts from now on off the measured core. Says what was done. */
export function keepOffTheMeasuredCore(): string {
  const cores = allowedCores()
  if (cores.length < 2) return 'one core for all'
  const measured = String(cores.at(-1))
  const others = cores.slice(0, -1).join(',')
  try {
    execFileSync('taskset', ['-acp', others, String(process.pid)], { stdio: 'ignore' })
  } catch {
    return 'not pinned: there is no taskset'
  }
  split = { measured, others }
  return `contenders on core ${measured}, everything else on ${others}`
}

/** The command line that runs a contender on the measured core. */
export function onTheMeasuredCore(command: string, args: string[]): [string, string[]] {
  // taskset becomes the command: the pid is the contender's.
  return split === undefined
    ? [command, args]
    : ['taskset', ['-c', split.measured, command, ...args]]
}

/** `Cpus_allowed_list: 0-2,5` as numbers. */
function allowedCores(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8')
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? ''
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
