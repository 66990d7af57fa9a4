/** Tests what the user of a command names: a configuration, and options that come before it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadMachines } from '../../tools/cli/machines.ts'
import { named } from '../../tools/cli/named.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-named-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const config = join(folder, 'run.json')
const strategy = { id: 'a', type: './a.mjs', symbol: 'BTCUSDT', interval: '1s', orderQty: '1' }
writeFileSync(config, JSON.stringify({ data: 'here', strategies: [strategy] }))
for (const [file, version] of [
  ['a.mjs', '1'],
  ['b.mjs', '2'],
] as const) {
  const machine = `createMachine({ id: 'mine', version: '${version}' })`
  writeFileSync(
    join(folder, file),
    `import { createMachine } from 'xstate'\nexport const machines = { mine: ${machine} }\n`,
  )
}
const other = join(folder, 'b.mjs')

describe('an option', () => {
  it('comes before the configuration', async () => {
    expect(await named({ config })).toEqual({ data: 'here', modules: [join(folder, 'a.mjs')] })
    const both = await named({ config, data: 'there', machines: [other] })
    expect(both.data).toBe('there')
    expect((await loadMachines(both.modules)).mine).toMatchObject({ version: '2' })
  })

  it('needs no configuration', async () => {
    expect(await named({})).toEqual({ data: 'data', modules: [] })
    expect(await named({ machines: ['m.ts'] })).toEqual({ data: 'data', modules: [resolve('m.ts')] })
  })
})
