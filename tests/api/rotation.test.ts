/** Tests random changes of token files against a model: from a change on, exactly the tokens in the files are known. */
import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openTokens } from '../../src/api/tokens.ts'
import { SEED, seeded } from '../seeded.ts'

const CHANGES = 1_500
const FILES = ['a', 'b'] as const
/** All are of one length, so a change leaves the size of a file. */
const SECRETS = Array.from({ length: 6 }, (_, i) => `a-token-of-this-test-${i}`)

const folder = mkdtempSync(join(tmpdir(), 'outcry-rotation-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it(`a changed file counts at once, whatever the change, seed ${SEED}`, () => {
  const random = seeded(SEED)
  const oneOf = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
  const some = (name: string) => SECRETS.filter((_, i) => i < 3 === (name === 'a') && random() < 0.5)
  const pathOf = (name: string) => join(folder, name)
  const write = (path: string, tokens: readonly string[]) =>
    writeFileSync(path, tokens.join('\n'), { mode: 0o600 })
  /** The tokens that each file has now, and whether it may be read. */
  const model = new Map<string, { tokens: readonly string[]; isTight: boolean }>()
  for (const name of FILES) {
    const tokens = SECRETS.filter((_, i) => i < 3 === (name === 'a'))
    write(pathOf(name), tokens)
    model.set(name, { tokens, isTight: true })
  }
  const known = openTokens({ tokens: FILES.map((name) => ({ name, access: 'read', file: pathOf(name) })) })

  const inPlace = (name: string) => {
    const tokens = some(name)
    const path = pathOf(name)
    // A lost file is made anew, and an existing one keeps its mode.
    const isTight = model.get(name)?.isTight ?? true
    write(path, tokens)
    model.set(name, { tokens, isTight })
  }
  const byMove = (name: string) => {
    const tokens = some(name)
    write(pathOf('part'), tokens)
    renameSync(pathOf('part'), pathOf(name))
    model.set(name, { tokens, isTight: true })
  }
  const byLink = (name: string) => {
    const tokens = some(name)
    const target = pathOf(`${name}-${model.size}-${Math.floor(random() * 4)}`)
    rmSync(target, { force: true })
    write(target, tokens)
    rmSync(pathOf(name), { force: true })
    symlinkSync(target, pathOf(name))
    model.set(name, { tokens, isTight: true })
  }
  const open = (name: string) => {
    const was = model.get(name)
    if (was === undefined) return
    chmodSync(pathOf(name), was.isTight ? 0o644 : 0o600)
    model.set(name, { ...was, isTight: !was.isTight })
  }
  const lose = (name: string) => {
    rmSync(pathOf(name), { force: true })
    model.delete(name)
  }
  const seen = new Set<number>()
  // Few changes may miss a number of tokens by chance: then there are more.
  for (let n = 0; n < CHANGES || (seen.size < 7 && n < 20 * CHANGES); n++) {
    oneOf([inPlace, inPlace, byMove, byMove, byLink, open, open, lose])(oneOf(FILES))
    // Several changes may come between two requests.
    if (random() < 0.3) continue
    const wanted = FILES.flatMap((name) => {
      const { tokens, isTight } = model.get(name) ?? { tokens: [], isTight: false }
      return isTight ? tokens : []
    })
    expect([n, SECRETS.filter((secret) => known?.find(secret) !== undefined)]).toEqual([n, wanted])
    seen.add(wanted.length)
  }
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
})
