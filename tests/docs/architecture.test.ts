/** Tests that the files and functions that ARCHITECTURE.md names exist, and that its path leads from one to the next. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = readFileSync(`${ROOT}ARCHITECTURE.md`, 'utf8')
const FOLDERS = ['errors', 'store', 'machines', 'src', 'tools', 'tests']

const files = execFileSync('find', [...FOLDERS, '-type', 'f', '-name', '*.[tj]s'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
const steps = stepsIn(PAGE)
const named = [...new Set([...PAGE.matchAll(/[\w./-]*[\w-]\.[tj]s\b/g)].map(([name]) => name))]

describe('a step', () => {
  it('is there', () => {
    expect(steps.length).toBeGreaterThan(15)
  })

  it.each(steps)('%s has %s', (file, name) => {
    const text = readFileSync(`${ROOT}${file}`, 'utf8')
    expect(text).toMatch(
      new RegExp(`^((export )?(async )?function\\*?|  (protected |async )?\\*?)\\s*${name}[(<]`, 'm'),
    )
  })
})

describe('the path of a message', () => {
  /** A stream or a socket is between them and what comes before. */
  const HEARD = ['connect', 'follow']
  const [, path = ''] = /## The path of a message\n(.*?)\nBeside the path/s.exec(PAGE) ?? []
  const hops = stepsIn(path)

  it('is followed to the client', () => {
    expect(hops.at(0)).toEqual(['src/runtime/supervisor.ts', 'send'])
    expect(hops.at(-1)).toEqual(['src/client/feed.ts', 'follow'])
  })

  it.each(
    hops
      .map(([file, name], i) => ({ file, name, before: hops.slice(0, i + 1).map(([one]) => one) }))
      .slice(1),
  )('$name of $file is called in a file before it', ({ name, before }) => {
    if (HEARD.includes(name)) return
    const calls = new RegExp(
      `^(?!(export )?(async )?function )(?!  (protected |async )?${name}\\().*\\b${name}\\(`,
      'm',
    )
    expect(before.filter((one) => calls.test(readFileSync(`${ROOT}${one}`, 'utf8')))).not.toEqual([])
  })
})

it('names only files that exist', () => {
  const isThere = (name: string) =>
    name.startsWith('dist/')
      ? existsSync(`${ROOT}${name.slice('dist/'.length).replace(/\.js$/, '.ts')}`)
      : files.some((file) => file === name || file.endsWith(`/${name}`)) || name === 'decimal.js'
  expect(named.filter((name) => !isThere(name))).toEqual([])
})

/** Returns the functions that a text names with their files, in order. */
function stepsIn(text: string): readonly (readonly [file: string, name: string])[] {
  return [...text.matchAll(/`([\w./-]+\.ts):(\w+)`/g)].map(([, file = '', name = '']) => [file, name])
}
