import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createClient, type FeedItem } from '../../src/client/index.ts'
import { type OpenedTree, openTree } from './opened-tree.ts'

interface Line {
  readonly event: { readonly type: string }
  readonly emitted?: readonly object[]
}

describe('a kind of actor, with a type of event, that is a folder and a line', () => {
  let tree: OpenedTree
  beforeAll(async () => {
    tree = await openTree({
      folder: 'kind',
      to: 'machines',
      registry: 'machines/index.ts',
      import: "import { alarmKind } from './alarm/alarm.ts'",
      list: 'export const machines = {',
      member: 'alarm: alarmKind',
    })
  })
  afterAll(() => tree?.remove())

  it('is documented from its declaration', async () => {
    await tree.node('--import', 'tsx', 'tools/docs/events.ts')
    await tree.node('--import', 'tsx', 'tools/docs/reference.ts')
    const page = (name: string) => readFileSync(join(tree.root, 'docs', name), 'utf8')
    expect(page('events.md')).toContain('`events.price_alarm.{venue}.{symbol}`')
    expect(page('events.md')).toContain('### Kind alarm')
    expect(page('commands.md')).toContain('/actors/alarm/mine/events')
    expect(page('commands.md')).toContain(
      '{"type":"SET_ALARM","venue":"sim","symbol":"BTCUSDT","abovePx":"65000"}',
    )
  })

  it('accepts commands of people, receives events of a symbol, and appears in the feed', async () => {
    writeFileSync(join(tree.root, 'run.yaml'), 'market: { source: sim, ratePerSecond: 200 }\n')
    const run = tree.start('run', '--config', 'run.yaml', '--data', 'log', '--port', '0')
    try {
      const client = createClient({ url: await Promise.race([run.url, run.ended]), WebSocket })
      const command = { type: 'SET_ALARM', venue: 'sim', symbol: 'BTCUSDT', abovePx: '1' }
      const send = (body: typeof command) => client.ask('send', { params: { address: 'alarm/mine' }, body })
      await expect(send({ ...command, abovePx: '-1' })).rejects.toMatchObject({ code: 'EVENT_INVALID' })
      await expect(send({ ...command, symbol: 'NONE' })).rejects.toMatchObject({ code: 'EVENT_INVALID' })
      expect(await send(command)).toMatchObject({ state: 'waiting' })
      const [alarm] = await first(client.feed({ topics: ['events.price_alarm.sim.BTCUSDT'], since: 0 }))
      expect(alarm).toMatchObject({ event: { type: 'PRICE_ALARM', abovePx: '1', symbol: 'BTCUSDT' } })
      expect(await client.actor('alarm/mine')).toMatchObject({ value: 'raised' })
    } finally {
      run.child.kill('SIGINT')
    }
    await run.ended
    const lines = (await tree.outcry('replay', 'alarm/mine', '--data', 'log', '--json')).trim().split('\n')
    const records = lines.map((line) => JSON.parse(line) as Line)
    expect(records.flatMap(({ emitted = [] }) => emitted)).toMatchObject([{ type: 'PRICE_ALARM' }])
    expect(JSON.parse(await tree.outcry('verify', '--data', 'log', '--json'))).toMatchObject({ problems: [] })
  })
})

async function first(items: AsyncIterable<FeedItem>): Promise<readonly FeedItem[]> {
  for await (const item of items) return [item]
  return []
}
