/** Components from their start to their stop: in order, whatever one of them does. */
import { describe, expect, it } from 'vitest'
import type { Component, RestartPolicy } from '../../src/runner/component.ts'
import type { Asked, ComponentChange } from '../../src/runner/component-records.ts'
import { Lifecycle, type RestartTime } from '../../src/runner/lifecycle.ts'

/** A time that passes when told to. */
class ManualTime implements RestartTime {
  #now = 0
  #waiting: { readonly ms: number; readonly go: () => void } | undefined

  now(): number {
    return this.#now
  }

  /** Waits for the next wait, and returns how long it is. */
  async waitMs(): Promise<number> {
    while (this.#waiting === undefined) await turn()
    return this.#waiting.ms
  }

  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  pass(ms: number): void {
    this.#now += ms
  }

  /** Lets the wait end. */
  async go(): Promise<void> {
    this.pass(await this.waitMs())
    const { go } = this.#waiting as { go: () => void }
    this.#waiting = undefined
    go()
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#waiting = undefined
        resolve()
      }
      this.#waiting = { ms, go: resolve }
      signal.addEventListener('abort', end, { once: true })
    })
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** What happens to components, in order. */
function stage(time: RestartTime = new ManualTime()) {
  const log: string[] = []
  const told: string[] = []
  let answering: Promise<void> | undefined
  /** Lets the log answer nobody who asks, until the returned function is called. */
  const hold = () => {
    let go = () => {}
    answering = new Promise((resolve) => {
      go = resolve
    })
    return go
  }
  const records = {
    note: (name: string, { type, ...facts }: ComponentChange) =>
      void log.push([name, type, ...Object.values(facts)].join(' ')),
    ask: async (name: string, { type, ...facts }: Asked) => {
      log.push([name, type, ...Object.values(facts)].join(' '))
      await answering
      if (facts.by === 'nobody') throw new Error('nobody may')
      return { seq: 7, duplicate: facts.by === 'twin' }
    },
    flush: async () => {},
  }
  const note = (_: object, message: string) => void told.push(message)
  const open = (components: readonly Component[]) =>
    new Lifecycle(components, { records, time, logger: { warn: note, error: note } })
  const part = (name: string, needs: readonly string[] = [], over: Partial<Component> = {}): Component => ({
    name,
    needs,
    start: () => void log.push(`${name} starts`),
    stop: () => void log.push(`${name} stops`),
    ...over,
  })
  return { log, told, hold, open, part }
}

const failing = (message: string) => () => {
  throw new Error(message)
}
const POLICY: RestartPolicy = { failuresMax: 3, minMs: 1_000, maxMs: 3_000, steadyMs: 60_000 }

/** Something that goes on, and fails when told to. */
class Work {
  #fail: ((error: Error) => void) | undefined
  runs = 0

  run = (): Promise<void> =>
    new Promise((_, reject) => {
      this.runs++
      this.#fail = reject
    })

  async fail(message: string): Promise<void> {
    while (this.#fail === undefined) await turn()
    const fail = this.#fail
    this.#fail = undefined
    fail(new Error(message))
  }
}

describe('a set of components', () => {
  it('starts in the order of needs, and stops in reverse', async () => {
    const { log, open, part } = stage()
    const all = open([part('news', ['log']), part('log'), part('page', ['news'])])
    expect(all.health).toEqual(['log', 'news', 'page'].map((name) => ({ name, state: 'STOPPED' })))
    await all.start()
    expect(log).toEqual(
      ['log', 'news', 'page'].flatMap((name) => [
        `${name} START`,
        `${name} starts`,
        `${name} START_COMPLETED`,
      ]),
    )
    expect(all.health.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING', 'RUNNING'])
    log.length = 0
    await all.stop()
    expect(log).toEqual([
      'log STOP',
      'news STOP',
      'page STOP',
      ...['page', 'news', 'log'].flatMap((name) => [`${name} stops`, `${name} STOP_COMPLETED`]),
    ])
    expect(all.health.map(({ state }) => state)).toEqual(['STOPPED', 'STOPPED', 'STOPPED'])
  })

  it('stops what has begun in reverse when one does not start, and the rest is never touched', async () => {
    const { log, open, part } = stage()
    const all = open([
      part('log'),
      part('venue', ['log']),
      part('news', ['venue'], { start: failing('the wire is cut') }),
      part('page', ['news']),
    ])
    await expect(all.start()).rejects.toThrow('the wire is cut')
    expect(log.slice(log.indexOf('news START'))).toEqual([
      'news START',
      'news FAULT the wire is cut',
      'log STOP',
      'venue STOP',
      'news stops',
      'venue stops',
      'venue STOP_COMPLETED',
      'log stops',
      'log STOP_COMPLETED',
    ])
    expect(all.health).toEqual([
      { name: 'log', state: 'STOPPED' },
      { name: 'venue', state: 'STOPPED' },
      { name: 'news', state: 'FAILED', reason: 'the wire is cut' },
      { name: 'page', state: 'STOPPED' },
    ])
    // A stop afterwards has nothing left to do.
    const { length } = log
    await all.stop().catch(() => {})
    expect(log).toHaveLength(length)
  })

  it('tells why it did not start, also where what has begun does not stop', async () => {
    const { log, open, part } = stage()
    const all = open([
      part('log'),
      part('venue', [], { stop: failing('it is stuck') }),
      part('news', [], { start: failing('the wire is cut') }),
    ])
    await expect(all.start()).rejects.toThrow('the wire is cut')
    expect(log).toContain('log stops')
  })

  it('stops each, though some throw, and tells the first of what they throw', async () => {
    const { log, open, part } = stage()
    const all = open([
      part('log'),
      part('venue', [], { stop: async () => failing('the venue is stuck')() }),
      part('news'),
      part('page', [], { stop: failing('the page is stuck') }),
    ])
    await all.start()
    await expect(all.stop()).rejects.toThrow('the page is stuck')
    expect(log.filter((line) => / (stops|FAULT)/.test(line))).toEqual([
      'page FAULT the page is stuck',
      'news stops',
      'venue FAULT the venue is stuck',
      'log stops',
    ])
    await expect(all.stop()).rejects.toThrow('the page is stuck')
  })

  it('stops those of a group at the same time, and records it in the order of stops', async () => {
    const { log, open, part } = stage()
    const stopping = new Map<string, () => void>()
    const slow = (name: string) =>
      part(name, ['log'], {
        stopsWith: 'sinks',
        stop: () => {
          log.push(`${name} stops`)
          return new Promise((resolve) => stopping.set(name, resolve))
        },
      })
    const failed = part('c', ['log'], { stopsWith: 'sinks', stop: failing('c is stuck') })
    const all = open([part('log'), slow('a'), slow('b'), failed, part('page', ['log'])])
    await all.start()
    log.length = 0
    const stopped = all.stop()
    while (stopping.size < 2) await turn()
    stopping.get('a')?.()
    await turn()
    stopping.get('b')?.()
    await expect(stopped).rejects.toThrow('c is stuck')
    expect(log.filter((line) => !line.endsWith(' STOP'))).toEqual([
      ...['page stops', 'page STOP_COMPLETED', 'b stops', 'a stops'],
      ...['c FAULT c is stuck', 'b STOP_COMPLETED', 'a STOP_COMPLETED', 'log stops', 'log STOP_COMPLETED'],
    ])
  })

  it('stops without waiting for its records: the market goes on meanwhile', async () => {
    const log: string[] = []
    let isStuck = false
    const records = {
      note: () => {},
      ask: async () => ({ seq: 1, duplicate: false }),
      flush: () => (isStuck ? new Promise<void>(() => {}) : Promise.resolve()),
    }
    const logger = { warn: () => {}, error: () => {} }
    const market = { name: 'market', needs: [], start: () => {}, stop: () => void log.push('market stops') }
    const all = new Lifecycle([market], { records, logger })
    await all.start()
    isStuck = true
    await all.stop()
    expect(log).toEqual(['market stops'])
  })

  it('begins what goes on when all have started, and not before', async () => {
    const { log, open, part } = stage()
    const run = async () => void log.push('news runs')
    const all = open([part('news', [], { run }), part('page', ['news'])])
    await all.start()
    expect(log.at(-1)).toBe('page START_COMPLETED')
    all.run()
    expect(log.at(-1)).toBe('news runs')
  })

  it('ends when the component that ends it has nothing more to do, and not with another', async () => {
    const { open, part } = stage()
    let end = () => {}
    const market = new Promise<void>((resolve) => {
      end = resolve
    })
    const all = open([
      part('news', [], { run: async () => {} }),
      part('market', [], { run: () => market, endsRun: true }),
    ])
    await all.start()
    all.run()
    let hasEnded = false
    const ended = all.ended.then(() => {
      hasEnded = true
    })
    await turn()
    expect(hasEnded).toBe(false)
    end()
    await ended
  })

  it('ends with the error of one that fails and is not started again', async () => {
    const { log, open, part } = stage()
    const work = new Work()
    const all = open([part('log'), part('market', [], { run: work.run, endsRun: true })])
    await all.start()
    all.run()
    await work.fail('the feed has gone')
    await expect(all.ended).rejects.toThrow('the feed has gone')
    expect(all.health).toContainEqual({ name: 'market', state: 'FAILED', reason: 'the feed has gone' })
    log.length = 0
    await all.stop()
    // It has failed, and that is what stays on record; what it holds open is closed.
    expect(log).toEqual(['log STOP', 'market stops', 'log stops', 'log STOP_COMPLETED'])
  })

  it('asks a component how it is while it runs alone', async () => {
    const { open, part } = stage()
    const all = open([part('news', [], { health: () => 'the wire is slow' })])
    expect(all.health).toEqual([{ name: 'news', state: 'STOPPED' }])
    await all.start()
    expect(all.health).toEqual([{ name: 'news', state: 'RUNNING', reason: 'the wire is slow' }])
    await all.stop()
    expect(all.health).toEqual([{ name: 'news', state: 'STOPPED' }])
  })

  it('goes on where a component cannot say how it is', async () => {
    const { open, part } = stage()
    const all = open([part('news', [], { health: failing('no idea') })])
    await all.start()
    const reason = 'it cannot say how it is: no idea'
    expect(all.health).toEqual([{ name: 'news', state: 'RUNNING', reason }])
    await all.stop()
  })

  /** Values that a program may throw, and the reason that each one gives. */
  const THROWN: readonly (readonly [what: string, thrown: unknown, reason: string])[] = [
    ['nothing', undefined, 'undefined'],
    ['a text', 'the wire is cut', 'the wire is cut'],
    ['an object without a text', Object.create(null), '[object Object]'],
    ['an error without a message', new AggregateError([]), 'AggregateError'],
    ['an error with a code alone', Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['an error whose message is no text', Object.assign(new Error(), { message: 7 }), '7'],
    [
      'an error that cannot be read',
      Object.defineProperty(new Error(), 'message', { get: failing('no') }),
      'undefined',
    ],
  ]
  const throwing = (thrown: unknown) => () => {
    throw thrown
  }

  it.each(THROWN)(
    'stops what has begun when a start throws %s, and has the reason',
    async (_, thrown, reason) => {
      const { log, open, part } = stage()
      const all = open([part('log'), part('news', [], { start: throwing(thrown) })])
      await expect(all.start()).rejects.toBeInstanceOf(Error)
      expect(log).toContain(`news FAULT ${reason}`)
      expect(log.at(-1)).toBe('log STOP_COMPLETED')
    },
  )

  it.each(THROWN)('stops the others when a stop throws %s, and rejects', async (_, thrown, reason) => {
    const { log, open, part } = stage()
    const all = open([part('log'), part('news', [], { stop: throwing(thrown) })])
    await all.start()
    await expect(all.stop()).rejects.toBeInstanceOf(Error)
    expect(log).toContain(`news FAULT ${reason}`)
    expect(log.at(-1)).toBe('log STOP_COMPLETED')
  })

  it.each(THROWN)('ends with an error when the work of one throws %s', async (_, thrown, reason) => {
    const { open, part } = stage()
    const all = open([part('market', [], { run: throwing(thrown), endsRun: true })])
    await all.start()
    all.run()
    await expect(all.ended).rejects.toBeInstanceOf(Error)
    expect(all.health).toEqual([{ name: 'market', state: 'FAILED', reason }])
    await all.stop()
  })

  it.each(THROWN)('goes on where the health of one throws %s', async (_, thrown, why) => {
    const { open, part } = stage()
    const all = open([part('news', [], { health: throwing(thrown) })])
    await all.start()
    const reason = `it cannot say how it is: ${why}`
    expect(all.health).toEqual([{ name: 'news', state: 'RUNNING', reason }])
    await all.stop()
  })

  it('keeps a reason short', async () => {
    const { log, open, part } = stage()
    const all = open([part('news', [], { start: failing('x'.repeat(1e6)) })])
    await expect(all.start()).rejects.toThrow()
    expect(log).toContain(`news FAULT ${'x'.repeat(1_000)}`)
  })
})

describe('a component that is started again', () => {
  async function news(over: Partial<Component> = {}) {
    const time = new ManualTime()
    const { log, told, open, part } = stage(time)
    const work = new Work()
    const all = open([part('news', [], { run: work.run, restart: POLICY, ...over })])
    await all.start()
    all.run()
    log.length = 0
    let failure: unknown
    all.ended.catch((error) => {
      failure = error
    })
    return { time, log, told, all, work, failure: () => failure }
  }

  it('waits twice as long after each failure in a row, up to a limit, and then stays as it is', async () => {
    const { time, log, told, all, work, failure } = await news()
    const waits: number[] = []
    for (let n = 1; n <= 3; n++) {
      await work.fail(`cut ${n}`)
      waits.push(await time.waitMs())
      expect(all.health).toEqual([{ name: 'news', state: 'FAILED', reason: `cut ${n}`, isOptional: true }])
      await time.go()
    }
    expect(waits).toEqual([1_000, 2_000, 3_000])
    await work.fail('cut 4')
    while (log.at(-1) !== 'news FAULT cut 4') await turn()
    expect(log.slice(0, 5)).toEqual([
      'news FAULT cut 1 1000',
      'news START',
      'news stops',
      'news starts',
      'news START_COMPLETED',
    ])
    expect(time.isWaiting).toBe(false)
    expect(all.health).toEqual([{ name: 'news', state: 'FAILED', reason: 'cut 4', isOptional: true }])
    expect(all.figures).toEqual([{ ...all.health[0], failures: 4, restarts: 3 }])
    expect(told).toEqual([
      ...[1, 2, 3].map((n) => `news has failed, and is started again in ${n * 1_000} ms: cut ${n}`),
      'news has failed, and is not started again: cut 4',
    ])
    expect(work.runs).toBe(4)
    // The run goes on without it.
    expect(failure()).toBeUndefined()
    await all.stop()
  })

  it('has not failed in a row when it has run for long', async () => {
    const { time, all, work } = await news()
    for (let n = 1; n <= 5; n++) {
      await work.fail('cut')
      expect(await time.waitMs()).toBe(1_000)
      await time.go()
      while (work.runs === n) await turn()
      time.pass(POLICY.steadyMs)
    }
    expect(all.health).toEqual([{ name: 'news', state: 'RUNNING', isOptional: true }])
    await all.stop()
  })

  it('counts a restart that fails as a failure, and tries again', async () => {
    let starts = 0
    const start = () => {
      starts++
      if (starts === 2) throw new Error('no wire')
    }
    const { time, log, all, work } = await news({ start })
    await work.fail('cut')
    await time.go()
    expect(await time.waitMs()).toBe(2_000)
    expect(all.health).toEqual([{ name: 'news', state: 'FAILED', reason: 'no wire', isOptional: true }])
    await time.go()
    while (work.runs < 2) await turn()
    expect(log.filter((line) => line.includes('FAULT'))).toEqual([
      'news FAULT cut 1000',
      'news FAULT no wire 2000',
    ])
    expect(all.health).toEqual([{ name: 'news', state: 'RUNNING', isOptional: true }])
    await all.stop()
  })

  it('counts a restart that cannot close what was open as a failure of that restart', async () => {
    let stops = 0
    const stop = () => {
      stops++
      if (stops === 1) throw new Error('it is stuck')
    }
    const { time, log, all, work } = await news({ stop })
    await work.fail('cut')
    await time.go()
    expect(await time.waitMs()).toBe(2_000)
    expect(log).toEqual(['news FAULT cut 1000', 'news START', 'news FAULT it is stuck 2000'])
    await time.go()
    while (work.runs < 2) await turn()
    expect(all.health).toEqual([{ name: 'news', state: 'RUNNING', isOptional: true }])
    await all.stop()
  })

  it('is not started again by a run that stops meanwhile', async () => {
    const { time, log, all, work } = await news()
    await work.fail('cut')
    await time.waitMs()
    await all.stop()
    await turn()
    expect(work.runs).toBe(1)
    expect(log).toEqual(['news FAULT cut 1000', 'news stops'])
  })

  it('is closed by a stop that comes while it starts again', async () => {
    let go = () => {}
    const wire = new Promise<void>((resolve) => {
      go = resolve
    })
    let starts = 0
    const log: string[] = []
    const start = async () => {
      starts++
      if (starts === 2) {
        log.push('opens')
        await wire
        log.push('is open')
      }
    }
    const { time, all, work } = await news({ start, stop: () => void log.push('closes') })
    await work.fail('cut')
    await time.go()
    while (!log.includes('opens')) await turn()
    const stopped = all.stop()
    go()
    await stopped
    expect(log).toEqual(['closes', 'opens', 'is open', 'closes'])
    expect(all.health).toEqual([{ name: 'news', state: 'STOPPED', isOptional: true }])
    expect(work.runs).toBe(1)
  })
})

describe('a component that a person restarts', () => {
  async function open(over: Partial<Component> = {}) {
    const time = new ManualTime()
    const { log, hold, open, part } = stage(time)
    const work = new Work()
    const all = open([
      part('store'),
      part('news', ['store'], { run: work.run, restart: POLICY, ...over }),
      part('page', ['news', 'store']),
    ])
    await all.start()
    all.run()
    log.length = 0
    return { time, log, hold, all, work }
  }
  const ann = { by: 'ann', reason: 'odd news' }
  const AGAIN = ['news START', 'news starts', 'news START_COMPLETED']

  it('stops and starts again, with who asked, while those that need it go on', async () => {
    const { log, all, work } = await open()
    expect(await all.restart('news', ann)).toEqual({ seq: 7, duplicate: false })
    expect(log).toEqual(['news STOP ann odd news', 'news stops', 'news STOP_COMPLETED', ...AGAIN])
    expect(all.health.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING', 'RUNNING'])
    expect(work.runs).toBe(2)
    await all.stop()
  })

  it('starts again after it has failed for good, and its failures count anew', async () => {
    const { time, log, all, work } = await open()
    for (let failures = 1; failures <= POLICY.failuresMax; failures++) {
      await work.fail('cut')
      await time.go()
    }
    await work.fail('cut')
    while (log.at(-1) !== 'news FAULT cut') await turn()
    log.length = 0
    await all.restart('news', ann)
    expect(log).toEqual(['news START ann odd news', 'news stops', ...AGAIN.slice(1)])
    await work.fail('cut again')
    expect(await time.waitMs()).toBe(POLICY.minMs)
    await all.stop()
  })

  it('starts once, also where it waits for its restart, or where its earlier work fails later', async () => {
    const failures: ((error: Error) => void)[] = []
    const run = () => new Promise<void>((_, reject) => void failures.push(reject))
    const { time, log, all } = await open({ run })
    failures[0]?.(new Error('cut'))
    await time.waitMs()
    await all.restart('news', ann)
    await time.go()
    await all.restart('news', ann)
    log.length = 0
    failures[1]?.(new Error('cut late'))
    await turn()
    expect([log, failures.length]).toEqual([[], 3])
    expect(all.health[1]).toEqual({ name: 'news', state: 'RUNNING', isOptional: true })
    expect(all.figures[1]).toMatchObject({ failures: 1, restarts: 2 })
    await all.stop()
  })

  it('that does not start is told of, and starts again by itself', async () => {
    let starts = 0
    const start = () => {
      if (++starts === 2) throw new Error('no wire')
    }
    const { time, log, all, work } = await open({ start })
    await expect(all.restart('news', ann)).rejects.toMatchObject({
      code: 'COMPONENT_FAILED',
      message: 'news has not started again: no wire',
    })
    expect(all.health[1]).toEqual({ name: 'news', state: 'FAILED', reason: 'no wire', isOptional: true })
    await time.go()
    while (work.runs < 2) await turn()
    expect(log.slice(-4)).toEqual([
      'news FAULT no wire 1000',
      'news START',
      'news stops',
      'news START_COMPLETED',
    ])
    await all.stop()
  })

  it('stays as it is where the log refuses the record', async () => {
    const { log, all, work } = await open()
    await expect(all.restart('news', { by: 'nobody' })).rejects.toThrow('nobody may')
    expect(log).toEqual(['news STOP nobody'])
    expect(all.health[1]).toEqual({ name: 'news', state: 'RUNNING', isOptional: true })
    // Its work is watched as before.
    await work.fail('cut')
    while (log.at(-1) !== 'news FAULT cut 1000') await turn()
    await all.stop()
  })

  it('stays as it is where its key was used for something else, whose record is no record of this restart', async () => {
    const { log, all, work } = await open()
    await expect(all.restart('news', { by: 'twin', key: 'k-1' })).rejects.toMatchObject({
      code: 'KEY_REUSED',
    })
    expect([log, work.runs]).toEqual([['news STOP twin'], 1])
    expect(all.health[1]).toEqual({ name: 'news', state: 'RUNNING', isOptional: true })
    await all.stop()
  })

  it('starts again by itself where its work fails before the log refuses the record', async () => {
    const { time, log, hold, all, work } = await open()
    const answer = hold()
    const refused = expect(all.restart('news', { by: 'nobody' })).rejects.toThrow('nobody may')
    await work.fail('cut')
    await turn()
    expect(log).toEqual(['news STOP nobody'])
    answer()
    await refused
    await time.go()
    while (work.runs < 2) await turn()
    expect(log).toEqual([
      'news STOP nobody',
      'news FAULT cut 1000',
      'news START',
      'news stops',
      ...AGAIN.slice(1),
    ])
    await all.stop()
  })

  it('starts once where the wait for its own restart ends before the log has the record', async () => {
    const { time, log, hold, all, work } = await open()
    await work.fail('cut')
    await time.waitMs()
    const answer = hold()
    const restarted = all.restart('news', ann)
    await time.go()
    await turn()
    answer()
    await restarted
    expect(log).toEqual(['news FAULT cut 1000', 'news START ann odd news', 'news stops', ...AGAIN.slice(1)])
    expect(work.runs).toBe(2)
    await all.stop()
  })

  it.each([
    ['runs', false],
    ['has failed', true],
  ])(
    'is stopped once, and not started, by a run that stops before the log has the record: it %s',
    async (_, hasFailed) => {
      const { time, log, hold, all, work } = await open()
      if (hasFailed) {
        await work.fail('cut')
        await time.waitMs()
      }
      log.length = 0
      const answer = hold()
      const refused = expect(all.restart('news', ann)).rejects.toMatchObject({ code: 'STOPPED' })
      const stopped = all.stop()
      answer()
      await Promise.all([refused, stopped])
      await expect(all.restart('news', ann)).rejects.toMatchObject({ code: 'STOPPED' })
      expect(all.health.map(({ state }) => state)).toEqual(['STOPPED', 'STOPPED', 'STOPPED'])
      expect(log.filter((line) => /^news (starts|stops)/.test(line))).toEqual(['news stops'])
    },
  )

  it('is not restarted by a run that stops, which it would outlive', async () => {
    let starts = 0
    let go = () => {}
    const wire = new Promise<void>((resolve) => {
      go = resolve
    })
    const slow = { start: () => (++starts === 2 ? wire : undefined), restart: POLICY }
    const { log, open: openAll, part } = stage()
    const all = openAll([part('news', [], { restart: POLICY }), part('universe', [], slow)])
    await all.start()
    void all.restart('universe', ann)
    while (starts < 2) await turn()
    const stopped = all.stop()
    // The stop waits for the universe meanwhile.
    await expect(all.restart('news', ann)).rejects.toMatchObject({ code: 'STOPPED' })
    go()
    await stopped
    expect(log.filter((line) => line === 'news starts')).toHaveLength(1)
    expect(all.health.map(({ state }) => state)).toEqual(['STOPPED', 'STOPPED'])
  })

  it('is stopped by a run that stops meanwhile', async () => {
    let go = () => {}
    const wire = new Promise<void>((resolve) => {
      go = resolve
    })
    let starts = 0
    const { log, all } = await open({ start: () => (++starts === 2 ? wire : undefined) })
    const restarted = all.restart('news', ann)
    while (starts < 2) await turn()
    await expect(all.restart('news', ann)).rejects.toMatchObject({ code: 'COMPONENT_BUSY' })
    const stopped = all.stop()
    go()
    await Promise.all([restarted, stopped])
    expect(all.health.map(({ state }) => state)).toEqual(['STOPPED', 'STOPPED', 'STOPPED'])
    expect(log.filter((line) => line === 'news stops')).toHaveLength(2)
  })

  it.each([
    ['there is none of its name', 'nothing', {}, 'COMPONENT_UNKNOWN', 'there is no component "nothing" here'],
    ['others cannot go on without it', 'store', {}, 'COMPONENT_FIXED', 'news, page cannot go on without it'],
    ['the run ends with it', 'page', {}, 'COMPONENT_FIXED', 'the run ends with it'],
    ['it says why', 'news', { fixed: 'time is played' }, 'COMPONENT_FIXED', 'time is played'],
  ])('is refused where %s', async (_, name, over, code, text) => {
    const { log, all } = await open(over)
    await expect(all.restart(name, ann)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    })
    expect(log).toEqual([])
    await all.stop()
  })
})
