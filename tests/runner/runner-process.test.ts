import { describe, expect, it } from 'vitest'
import { OutcryProcess } from './runner-process.ts'

describe('a runner that a test waits for', () => {
  it('fails the test with what it said when it ends before it has started', async () => {
    const runner = new OutcryProcess('run', '--market', 'moon')
    await expect(runner.started()).rejects.toThrow(
      /ended with 2 before it started: CONFIG_INVALID.*market\.source/,
    )
    expect(await runner.finished()).toMatchObject({ code: 2 })
    await expect(runner.started()).rejects.toThrow('CONFIG_INVALID')
  })

  it('fails the test when it cannot be spawned', async () => {
    const { execPath } = process
    process.execPath = '/none/node'
    const runner = new OutcryProcess('run')
    process.execPath = execPath
    await expect(runner.started()).rejects.toThrow('spawn /none/node ENOENT')
    await expect(runner.finished()).rejects.toThrow('spawn /none/node ENOENT')
  })
})
