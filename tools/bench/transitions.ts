import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { createActor } from 'xstate'
import { compact } from '../../errors/compact.ts'
import { makeRef } from '../../src/runtime/actors/persist.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Scope } from '../../src/runtime/xstate/scope.ts'
import { atLeast, median, type Report, type Settings } from './report.ts'
import { eventOf, orderMachine } from './workload.ts'

const ORDERS = 2_000

/** Measures transitions of many orders, in memory and durable, in the ways that people use. */
export async function transitions({ rounds, scale, folder }: Settings): Promise<Report> {
  const steps = 25 * scale
  const contenders: Record<string, () => number | Promise<number>> = {
    'XState in memory, one scope': () => oneScope(steps),
    'XState actors in memory': () => liveActors(steps),
    'Outcry, events told': () => inStore(folder, (supervisor) => tell(supervisor, steps)),
    'Outcry, each send awaited, 2,000 at a time': () => inStore(folder, (s) => sendAll(s, steps)),
    'XState + level.put, each awaited': () => handWritten(folder, Math.min(2, scale / 5), 1),
    'XState + level.put, 64 at a time': () => handWritten(folder, Math.max(1, scale), 64),
  }
  const rates: Record<string, number[]> = {}
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      rates[name] ??= []
      rates[name].push(await run())
    }
  }
  const rate = (name: string) => median(rates[name] as number[])
  const scope = rate('XState in memory, one scope')
  const told = rate('Outcry, events told')
  const awaited = rate('XState + level.put, each awaited')
  const pipelined = rate('XState + level.put, 64 at a time')
  const targets: Record<string, Report['rows'][number]['target']> = {
    'XState in memory, one scope': atLeast(told / scope, 0.8, `of it (Outcry: ${(told / scope).toFixed(2)})`),
    'Outcry, events told': atLeast(told, 100_000, 'a second'),
    'XState + level.put, each awaited': atLeast(
      told / awaited,
      10,
      `times it (${(told / awaited).toFixed(0)})`,
    ),
    'XState + level.put, 64 at a time': atLeast(
      told / pipelined,
      3,
      `times it (${(told / pipelined).toFixed(1)})`,
    ),
  }
  return {
    name: 'transitions',
    about: `durable transitions a second of ${ORDERS.toLocaleString('en-US')} orders, one process`,
    rows: Object.keys(contenders).map((what) => {
      const target = targets[what]
      return compact({
        what,
        figures: { 'a second': rate(what), 'of one scope': rate(what) / scope },
        target,
      })
    }),
  }
}

/** Measures the runtime's own work for a transition, and nothing else: the upper limit. */
export function oneScope(steps: number): number {
  const scope = new Scope(() => {})
  const refs = Array.from({ length: ORDERS }, (_, i) => makeRef(scope.system, `order/${i}` as Address, []))
  const snapshots = refs.map((ref) => scope.initial(orderMachine, ref, undefined).snapshot)
  return rateOf(ORDERS * steps, () => {
    for (let n = 0; n < steps; n++) {
      for (let i = 0; i < ORDERS; i++) {
        snapshots[i] = scope.transition(
          orderMachine,
          refs[i] as never,
          snapshots[i] as never,
          eventOf(n),
        ).snapshot
      }
    }
  })
}

function liveActors(steps: number): number {
  const actors = Array.from({ length: ORDERS }, () => createActor(orderMachine).start())
  return rateOf(ORDERS * steps, () => {
    for (let n = 0; n < steps; n++) for (const actor of actors) actor.send(eventOf(n))
  })
}

export async function inStore(
  folder: string,
  run: (supervisor: Supervisor) => Promise<number>,
): Promise<number> {
  const location = mkdtempSync(join(folder, 'transitions-'))
  const store = await openLevelStore(location)
  const supervisor = await createSupervisor({ store, machines: { order: orderMachine } })
  const spawned: Promise<unknown>[] = []
  for (let i = 0; i < ORDERS; i++) spawned.push(supervisor.spawn('order', String(i)))
  await Promise.all(spawned)
  const rate = await run(supervisor)
  await supervisor.stop()
  rmSync(location, { recursive: true })
  return rate
}

/** Sends as a market data source does: as fast as there is room, until all is durable. */
async function tell(supervisor: Supervisor, steps: number): Promise<number> {
  return rateOfAsync(ORDERS * steps, async () => {
    for (let n = 0; n < steps; n++) {
      for (let i = 0; i < ORDERS; i++) {
        supervisor.tell(`order/${i}` as Address, eventOf(n))
        const room = i % 100 === 0 ? supervisor.room() : undefined
        if (room !== undefined) await room
      }
    }
    await supervisor.idle()
  })
}

async function sendAll(supervisor: Supervisor, steps: number): Promise<number> {
  return rateOfAsync(ORDERS * steps, async () => {
    for (let n = 0; n < steps; n++) {
      const sends: Promise<unknown>[] = []
      for (let i = 0; i < ORDERS; i++) sends.push(supervisor.send(`order/${i}`, eventOf(n)))
      await Promise.all(sends)
    }
  })
}

/**
 * Measures code that people write today: an actor, and a synced put of its persisted snapshot for each event. No log,
 * no history.
 */
async function handWritten(folder: string, steps: number, depth: number): Promise<number> {
  const location = mkdtempSync(join(folder, 'hand-'))
  const db = new Level<string, unknown>(location, { valueEncoding: 'json' })
  await db.open()
  const actors = Array.from({ length: ORDERS }, () => createActor(orderMachine).start())
  const total = Math.floor(ORDERS * steps)
  let next = 0
  const work = async () => {
    for (let k = next++; k < total; k = next++) {
      const actor = actors[k % ORDERS] as (typeof actors)[number]
      actor.send(eventOf(Math.floor(k / ORDERS)))
      await db.put(`order/${k % ORDERS}`, actor.getPersistedSnapshot(), { sync: true } as object)
    }
  }
  const rate = await rateOfAsync(total, () => Promise.all(Array.from({ length: depth }, work)))
  await db.close()
  rmSync(location, { recursive: true })
  return rate
}

export function rateOf(count: number, work: () => void): number {
  const started = performance.now()
  work()
  return (count * 1_000) / (performance.now() - started)
}

export async function rateOfAsync(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (count * 1_000) / (performance.now() - started)
}
