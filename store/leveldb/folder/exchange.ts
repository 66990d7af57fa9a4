/**
 * Puts the doctor's store in the place of the damaged one, file by file and under the lock. It does not rename the
 * folder, because a mount point cannot be renamed, and between two renames there would be no folder. A plan on the disk
 * says how far it is. After a kill the next opener completes it. All of it lies within the store's folder, so the
 * folder may be moved meanwhile.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { makeFolder, move, replaceFile, syncFolder } from './folder.ts'
import { filesDamaged } from './open-errors.ts'
import { ASIDE, DOCTOR } from './store-files.ts'

const DAMAGED = 'damaged'
const STEPS = ['out', 'in', 'keep'] as const

/**
 * A step of the plan: the damaged store goes out, the new one comes in, then the damaged store goes to its final place.
 */
type Step = (typeof STEPS)[number]

/** Makes an empty folder in which the doctor makes a store. */
export function roomForNew(folder: string): string {
  rmSync(join(folder, DOCTOR), { recursive: true, force: true })
  const room = newIn(folder)
  makeFolder(room)
  return room
}

/** Exchanges the stores and returns the folder of the damaged one. */
export function exchange(folder: string): string {
  return carryOut(folder, 'out') as string
}

/**
 * Completes an exchange that a kill has cut off, and removes a store that the doctor had not finished.
 * @throws STORE_CORRUPT
 */
export function finishExchange(folder: string): void {
  if (!existsSync(join(folder, DOCTOR))) return
  if (existsSync(planIn(folder))) carryOut(folder, readPlan(folder))
  else rmSync(join(folder, DOCTOR), { recursive: true })
}

/** Carries out the plan from a step on. Returns undefined when the damaged store was in its final place before. */
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
  // The plan goes first: without it the rest means nothing, whenever a kill comes.
  rmSync(planIn(folder))
  syncFolder(join(folder, DOCTOR))
  rmSync(join(folder, DOCTOR), { recursive: true })
  syncFolder(folder)
  return kept
}

function moveOut(folder: string): void {
  // Nothing goes out unless a new store can come in.
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

/**
 * Moves the damaged store beside the store, or within it where the parent is another disk or read-only. One rename
 * moves it whole.
 */
function keep(folder: string): string | undefined {
  if (!existsSync(oldIn(folder))) return undefined
  const beside = freeName(join(dirname(folder), `${basename(folder)}.${DAMAGED}`))
  try {
    renameSync(oldIn(folder), beside)
    syncFolder(dirname(folder))
    return beside
  } catch {
    // Falls through to a place within the store.
  }
  const within = freeName(join(folder, DAMAGED))
  renameSync(oldIn(folder), within)
  syncFolder(folder)
  return within
}

function note(folder: string, step: Step): void {
  replaceFile(planIn(folder), Buffer.from(JSON.stringify({ step })))
}

/** Reads the step that the plan has reached. @throws STORE_CORRUPT */
function readPlan(folder: string): Step {
  const text = readFileSync(planIn(folder), 'utf8')
  // An older Outcry also notes where it has put the old files. They stay there.
  const [, found] = /"step":"(\w+)"/.exec(text) ?? []
  const step = STEPS.find((name) => name === found)
  if (step === undefined) throw filesDamaged(`${planIn(folder)} holds no step of the doctor`)
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
