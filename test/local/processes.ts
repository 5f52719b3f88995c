// Which processes a process has started, for tests that want every one of them gone. Linux is read
// from /proc, so that a machine without `ps` will do.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface ProcessRow {
  pid: number
  parent: number
  zombie: boolean
}

/** The process and everything below it. */
export function processTree(root: number): number[] {
  const rows = processes()
  const below = (pid: number): number[] => [
    pid,
    ...rows.filter(({ parent }) => parent === pid).flatMap((row) => below(row.pid)),
  ]
  return below(root)
}

/** Those of `pids` that still run. One that ended and was not yet waited for does not. */
export function stillRunning(pids: readonly number[]): number[] {
  const running = new Set(processes().flatMap(({ pid, zombie }) => (zombie ? [] : [pid])))
  return pids.filter((pid) => running.has(pid))
}

function processes(): ProcessRow[] {
  return existsSync('/proc/self/stat') ? processesOfProc() : processesOfPs()
}

function processesOfProc(): ProcessRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // "pid (name) state ppid …", and the name may hold anything.
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return [{ pid: Number(name), parent: Number(parent), zombie: state === 'Z' }]
      } catch {
        return [] // It ended while we looked.
      }
    })
}

function processesOfPs(): ProcessRow[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), zombie: state?.startsWith('Z') === true }
    })
}
