import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { eventually } from '../runtime/harness.ts'
import { type OpenedTree, openTree } from './opened-tree.ts'

interface Line {
  readonly event: { readonly type: string }
  readonly to: unknown
}

describe('a component of the runner and a sink, each of which is a file and a line', () => {
  let tree: OpenedTree
  beforeAll(async () => {
    tree = await openTree(
      {
        folder: 'component',
        to: 'src/runner/components',
        registry: 'src/runner/components/list.ts',
        import: "import { progress } from './progress.ts'",
        list: 'export const COMPONENTS: readonly ((run: Run) => readonly Component[])[] = [',
        member: 'progress',
      },
      {
        folder: 'sink',
        to: 'src/sinks',
        registry: 'src/sinks/registry.ts',
        import: "import { lines } from './lines/sink.ts'",
        list: 'export const SINKS: readonly Sink[] = [',
        member: 'lines',
      },
    )
  })
  afterAll(() => tree?.remove())

  it('the component starts, reports its health, stops, and appears in the log', async () => {
    writeFileSync(join(tree.root, 'run.yaml'), 'market: { source: sim, ratePerSecond: 200 }\n')
    const file = join(tree.root, 'log', 'progress')
    const run = tree.start('run', '--config', 'run.yaml', '--data', 'log', '--port', '0')
    try {
      const client = createClient({ url: await Promise.race([run.url, run.ended]) })
      const mine = async () =>
        (await client.ask('health', {})).components?.find(({ name }) => name === 'progress')
      expect(await mine()).toEqual({ name: 'progress', state: 'RUNNING' })
      await eventually(() => expect(Number(readFileSync(file, 'utf8'))).toBeGreaterThan(100))
      rmSync(file)
      mkdirSync(file)
      await eventually(async () =>
        expect(await mine()).toEqual({
          name: 'progress',
          state: 'RUNNING',
          reason: expect.stringMatching(/EISDIR/),
        }),
      )
      rmSync(file, { recursive: true })
    } finally {
      run.child.kill('SIGTERM')
    }
    await run.ended
    expect(existsSync(file)).toBe(false)
    const lines = await tree.outcry('replay', 'component/progress', '--data', 'log', '--json')
    const states = lines
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Line).to)
    expect(states).toEqual(['INITIALIZING', 'RUNNING', 'STOPPING', 'STOPPED'])
  })

  it('the sink gets each event once, and goes on where it stopped', async () => {
    const market = 'market: { source: sim, speed: max, startAt: 1700000000000, durationMs: 500 }'
    writeFileSync(join(tree.root, 'sink.yaml'), `${market}\nsinks: [{ type: lines, path: told.jsonl }]\n`)
    const idsOf = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { eventId: string }).eventId)
    for (let n = 0; n < 2; n++)
      await tree.outcry('run', '--no-server', '--config', 'sink.yaml', '--data', 'told')
    const all = idsOf(await tree.outcry('export', '--data', 'told'))
    const told = idsOf(readFileSync(join(tree.root, 'told.jsonl'), 'utf8'))
    expect(told.length).toBeGreaterThan(20)
    // The ends of sinks come too late for them.
    expect(told).toEqual(all.slice(0, told.length))
  })
})
