import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenedTree, openTree } from './opened-tree.ts'

describe('a command that is a file and a line', () => {
  let tree: OpenedTree
  beforeAll(async () => {
    tree = await openTree({
      folder: 'command',
      to: 'tools/cli/commands',
      registry: 'tools/cli/commands.ts',
      import: "import { count } from './commands/count.ts'",
      list: 'COMMANDS: readonly DefineCommand[] = [',
      member: 'count',
    })
  })
  afterAll(() => tree?.remove())

  it('is in the help', async () => {
    expect(await tree.outcry('--help')).toMatch(/count \[options\] \[prefix\] +count the actors/)
    expect(await tree.outcry('help', 'count')).toContain('Usage: outcry count [options] [prefix]')
  })

  it('reads the log of a run', async () => {
    writeFileSync(join(tree.root, 'run.yaml'), 'market: { source: sim, speed: max, durationMs: 1000 }\n')
    await tree.outcry('run', '--no-server', '--config', 'run.yaml', '--data', 'log')
    expect(await tree.outcry('count', 'symbol/', '--data', 'log')).toBe('2\n')
    expect(JSON.parse(await tree.outcry('count', 'runner/', '--data', 'log', '--json'))).toEqual({
      actors: 1,
    })
  })
})
