/**
 * Puts the store that the doctor has made in the place of the damaged one, file by file and under the lock: a folder cannot be
 * renamed where it is a mount point, and between two renames it would not be there. A plan on the disk says how far it has come; after a
 * kill the next opener carries it out.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makeFolder, move, replaceFile, syncFolder } from './folder.ts'
import { ASIDE, DOCTOR } from './store-files.ts'

const DAMAGED = 'damaged'

interface Plan {
  /** Where the damaged store goes. */
  readonly kept: string
  /** First all that was there goes out, then all that is new comes in. */
  readonly step: 'out' | 'in'
}

/** An empty folder for a store to be made in. */
export function roomForNew(folder: string): string {
  rmSync(join(folder, DOCTOR), { recursive: true, force: true })
  const room = newIn(folder)
  makeFolder(room)
  return room
}

/** Returns where the damaged store is. */
export function exchange(folder: string): string {
  const kept = roomForDamaged(folder)
  carryOut(folder, { kept, step: 'out' })
  return kept
}

/** Carries out what a kill has cut off, and removes what the doctor had not finished. */
export function finishExchange(folder: string): void {
  if (!existsSync(join(folder, DOCTOR))) return
  if (existsSync(planIn(folder))) carryOut(folder, JSON.parse(readFileSync(planIn(folder), 'utf8')) as Plan)
  else rmSync(join(folder, DOCTOR), { recursive: true })
}

function carryOut(folder: string, plan: Plan): void {
  if (plan.step === 'out') {
    note(folder, plan)
    for (const name of readdirSync(folder)) {
      const stays = ASIDE.includes(name) || join(folder, name) === plan.kept || name.startsWith(DAMAGED)
      if (!stays) move(join(folder, name), join(plan.kept, name))
    }
    syncFolder(plan.kept)
    syncFolder(folder)
  }
  note(folder, { ...plan, step: 'in' })
  for (const name of readdirSync(newIn(folder))) move(join(newIn(folder), name), join(folder, name))
  syncFolder(folder)
  rmSync(join(folder, DOCTOR), { recursive: true })
  syncFolder(folder)
}

function note(folder: string, plan: Plan): void {
  replaceFile(planIn(folder), Buffer.from(JSON.stringify(plan)))
}

/** Beside the store, or within it where what is beside it is another disk or not ours to write to. */
function roomForDamaged(folder: string): string {
  if (statSync(dirname(folder)).dev === statSync(folder).dev) {
    const beside = freeName(join(dirname(folder), `${basename(folder)}.${DAMAGED}`))
    try {
      mkdirSync(beside)
      syncFolder(dirname(beside))
      return beside
    } catch {
      // Within it, then.
    }
  }
  const within = freeName(join(folder, DAMAGED))
  makeFolder(within)
  return within
}

function planIn(folder: string): string {
  return join(folder, DOCTOR, 'plan')
}

function newIn(folder: string): string {
  return join(folder, DOCTOR, 'new')
}

function freeName(name: string): string {
  let free = name
  for (let n = 2; existsSync(free); n++) free = `${name}-${n}`
  return free
}
