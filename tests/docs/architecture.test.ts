/** Tests that the files and functions that ARCHITECTURE.md names exist. */
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
const steps = [...PAGE.matchAll(/`([\w./-]+\.ts):(\w+)`/g)].map(([, file, name]) => [file, name] as const)
const named = [...new Set([...PAGE.matchAll(/[\w./-]*[\w-]\.[tj]s\b/g)].map(([name]) => name))]

describe('the path of a message', () => {
  it('has its steps', () => {
    expect(steps.length).toBeGreaterThan(15)
  })

  it.each(steps)('%s has %s', (file, name) => {
    const text = readFileSync(`${ROOT}${file}`, 'utf8')
    expect(text).toMatch(
      new RegExp(`^((export )?(async )?function\\*?|  (protected |async )?\\*?)\\s*${name}[(<]`, 'm'),
    )
  })
})

it('names only files that exist', () => {
  const isThere = (name: string) =>
    name.startsWith('dist/')
      ? existsSync(`${ROOT}${name.slice('dist/'.length).replace(/\.js$/, '.ts')}`)
      : files.some((file) => file === name || file.endsWith(`/${name}`)) || name === 'decimal.js'
  expect(named.filter((name) => !isThere(name))).toEqual([])
})
