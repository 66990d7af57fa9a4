import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import { holdingAt, holdingName, holdingOf, positionAddress } from '../../machines/model/addresses.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function sourcesIn(folder: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [join(folder, name), readFileSync(join(ROOT, folder, name), 'utf8')])
}

/** What makes addresses; and what a port is, only the runtime knows. */
const MAKERS = [join('machines', 'model', 'addresses.ts'), join('src', 'runtime')]
/** A text that begins with a kind of the machines and goes on with an id. */
const BY_HAND = new RegExp(`\`(${[...Object.keys(machines), 'port'].join('|')})/\\$\\{`)
/** It is a type. */
const IS_TYPE = /\$\{string\}`/

/** Returns the lines that make an address by hand. */
function madeByHand([path, text]: readonly [path: string, text: string]): readonly string[] {
  if (MAKERS.some((maker) => path.startsWith(maker))) return []
  return text
    .split('\n')
    .filter((line) => BY_HAND.test(line) && !IS_TYPE.test(line))
    .map((line) => `${path}: ${line.trim()}`)
}

describe('addresses', () => {
  it('are made by machines/model/addresses.ts alone', () => {
    expect([...sourcesIn('machines'), ...sourcesIn('src')].flatMap(madeByHand)).toEqual([])
  })

  it('that are made by hand would be found', () => {
    for (const kind of ['order', 'account', 'watchdog', 'emaCross', 'port'])
      expect(madeByHand(['src/x.ts', `send(\`${kind}/\${id}\`)`])).toHaveLength(1)
  })
})

describe('the name of a holding', () => {
  it.each(['BTCUSDT', 'BTC:PERP', 'BTC:LONG', ':', 'LONG'])('gives %s back, with its side', (symbol) => {
    expect(holdingOf(holdingName({ symbol }), 'netting')).toEqual({ symbol })
    expect(holdingAt('sim', positionAddress({ venue: 'sim', symbol }), 'netting')).toEqual({ symbol })
    for (const positionSide of ['LONG', 'SHORT'] as const) {
      const holding = { symbol, positionSide }
      expect(holdingOf(holdingName(holding), 'hedging')).toEqual(holding)
      expect(holdingAt('v', positionAddress({ venue: 'v', ...holding }), 'hedging')).toEqual(holding)
    }
  })
})
