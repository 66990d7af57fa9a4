/**
 * Puts the store that the doctor has made in the place of the damaged one, file by file and under the lock: a folder cannot be
 * renamed where it is a mount point, and between two renames it would not be there. A plan on the disk says how far it has come; after a
 * kill the next opener carries it out. All of it lies within the store's folder, so it goes on wherever that was moved meanwhile.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makeFolder, move, replaceFile, syncFolder } from './folder.ts'
import { filesDamaged } from './open-errors.ts'
import { ASIDE, DOCTOR } from './store-files.ts'

const DAMAGED = 'damaged'
const STEPS = ['out', 'in', 'keep'] as const

/** First all that was there goes out, then all that is new comes in, then the damaged store gets its place. */
type Step = (typeof STEPS)[number]

/** An empty folder for a store to be made in. */
export function roomForNew(folder: string): string {
  rmSync(join(folder, DOCTOR), { recursive: true, force: true })
  const room = newIn(folder)
  makeFolder(room)
  return room
}

/** Returns where the damaged store is. */
export function exchange(folder: string): string {
  return carryOut(folder, 'out') as string
}

/** Carries out what a kill has cut off, and removes what the doctor had not finished. @throws STORE_CORRUPT */
export function finishExchange(folder: string): void {
  if (!existsSync(join(folder, DOCTOR))) return
  if (existsSync(planIn(folder))) carryOut(folder, readPlan(folder))
  else rmSync(join(folder, DOCTOR), { recursive: true })
}

/** Undefined when the damaged store had its place before. */
function carryOut(folder: string, from: Step): string | undefined {
  let kept: string | undefined
  const work: Record<Step, () => void> = {
    out: () => moveOut(folder),
    in: () => moveIn(folder),
    keep: () => {
      kept = keep(folder)
    },
  }
  for (const step of STEPS.slice(STEPS.indexOf(from))) {
    note(folder, step)
    work[step]()
  }
  // What lies there without a plan is nobody's, whenever a kill comes.
  rmSync(planIn(folder))
  syncFolder(join(folder, DOCTOR))
  rmSync(join(folder, DOCTOR), { recursive: true })
  syncFolder(folder)
  return kept
}

function moveOut(folder: string): void {
  // Nothing goes out that nothing would come in for.
  if (!existsSync(newIn(folder)))
    throw filesDamaged(`${newIn(folder)} is missing: it is the store that the doctor has made`)
  makeFolder(oldIn(folder))
  for (const name of readdirSync(folder)) {
    if (ASIDE.includes(name) || name.startsWith(DAMAGED)) continue
    move(join(folder, name), join(oldIn(folder), name))
  }
  syncFolder(oldIn(folder))
  syncFolder(folder)
}

function moveIn(folder: string): void {
  if (!existsSync(newIn(folder))) return
  for (const name of readdirSync(newIn(folder))) move(join(newIn(folder), name), join(folder, name))
  syncFolder(folder)
}

/** Beside the store, or within it where what is beside it is another disk or not ours to write to. One rename, so it is there whole. */
function keep(folder: string): string | undefined {
  if (!existsSync(oldIn(folder))) return undefined
  const beside = freeName(join(dirname(folder), `${basename(folder)}.${DAMAGED}`))
  try {
    renameSync(oldIn(folder), beside)
    syncFolder(dirname(folder))
    return beside
  } catch {
    // Within it, then.
  }
  const within = freeName(join(folder, DAMAGED))
  renameSync(oldIn(folder), within)
  syncFolder(folder)
  return within
}

function note(folder: string, step: Step): void {
  replaceFile(planIn(folder), Buffer.from(JSON.stringify({ step })))
}

/** @throws STORE_CORRUPT */
function readPlan(folder: string): Step {
  const text = readFileSync(planIn(folder), 'utf8')
  // An older Outcry notes beside it where it has put what went out: that stays there.
  const [, found] = /"step":"(\w+)"/.exec(text) ?? []
  const step = STEPS.find((name) => name === found)
  if (step === undefined) throw filesDamaged(`${planIn(folder)} says nothing that the doctor writes there`)
  return step
}

function planIn(folder: string): string {
  return join(folder, DOCTOR, 'plan')
}

function newIn(folder: string): string {
  return join(folder, DOCTOR, 'new')
}

function oldIn(folder: string): string {
  return join(folder, DOCTOR, 'old')
}

function freeName(name: string): string {
  let free = name
  for (let n = 2; existsSync(free); n++) free = `${name}-${n}`
  return free
}
