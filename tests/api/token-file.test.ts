/** Tests which files a token may come from, with real files. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { digestOf, TokenFile } from '../../src/api/token-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-token-file-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const TOKEN = 'correct.horse_battery~staple-7'
const OTHER = 'correct.horse_battery~staple-8'
const THIRD = 'correct.horse_battery~staple-9'
let files = 0

function written(text: string, mode = 0o600): string {
  const path = join(folder, `${++files}`)
  writeFileSync(path, text)
  // The mask of the process does not apply to chmod.
  chmodSync(path, mode)
  return path
}

function looked(path: string): TokenFile {
  const file = new TokenFile(path)
  file.look()
  return file
}

const digests = (...tokens: readonly string[]) => tokens.map(digestOf)

describe('a token file', () => {
  it.each([
    ['one token', TOKEN, [TOKEN]],
    ['a line end', `${TOKEN}\n`, [TOKEN]],
    ['a byte order mark before it', `\ufeff${TOKEN}`, [TOKEN]],
    ['two tokens', `${TOKEN}\n${OTHER}\n`, [TOKEN, OTHER]],
    ['empty lines and line ends of Windows', `\r\n${TOKEN}\r\n\r\n ${OTHER} \r\n`, [TOKEN, OTHER]],
  ])('has %s', (_, text, tokens) => {
    expect(looked(written(text))).toMatchObject({ digests: digests(...tokens), fault: undefined })
  })

  it.each([0o600, 0o400, 0o700])('may have the mode %o', (mode) => {
    expect(looked(written(TOKEN, mode)).digests).toEqual(digests(TOKEN))
  })

  it.each([0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o666])('may not have the mode %o', (mode) => {
    const path = written(TOKEN, mode)
    expect(looked(path)).toMatchObject({
      digests: [],
      fault: { code: 'TOKEN_INVALID', hint: `Run: chmod 600 ${path}` },
    })
  })

  it('names the command for a path with spaces and quotes, too', () => {
    const path = join(folder, "it's mine")
    writeFileSync(path, TOKEN)
    chmodSync(path, 0o644)
    const { fault } = looked(path)
    execFileSync('sh', ['-c', fault?.hint.replace('Run: ', '') as string])
    expect(looked(path).digests).toEqual(digests(TOKEN))
  })

  it('belongs to the user of the process', () => {
    let path = '/etc/passwd'
    if (process.getuid?.() === 0) {
      path = written(TOKEN)
      chownSync(path, 65_534, 65_534)
    }
    expect(looked(path).fault?.message).toBe(`the token file ${path} belongs to another user`)
  })

  it.each<[string, () => string, string]>([
    ['nothing', () => join(folder, 'none'), 'cannot be read (ENOENT)'],
    ['a folder', () => folder, 'is not a file'],
    ['a device', () => '/dev/null', 'is not a file'],
    [
      'a FIFO, at which a reader would wait for ever',
      () => {
        const path = join(folder, 'fifo')
        execFileSync('mkfifo', ['-m', '600', path])
        return path
      },
      'is not a file',
    ],
    ['a path through a file', () => join(written(TOKEN), 'token'), 'cannot be read (ENOTDIR)'],
    ['an empty file', () => written(''), 'has no token'],
    ['a file of empty lines', () => written('\n \n\r\n'), 'has no token'],
    ['a short token', () => written(`${TOKEN}\nsecret-secret\n`), 'has no token in line 2'],
    ['a token with a space', () => written('two words are no token'), 'has no token in line 1'],
    ['a token that no header takes', () => written(`${TOKEN}\0`), 'has no token in line 1'],
    ['many tokens', () => written(`${TOKEN}\n`.repeat(17)), 'has more than 16 tokens'],
    ['a large file', () => written('x'.repeat(5_000)), 'is larger than 4096 bytes'],
    [
      'a link to a file that others can read',
      () => {
        const path = join(folder, 'loose-link')
        symlinkSync(written(TOKEN, 0o644), path)
        return path
      },
      'may be read or written by other users',
    ],
    [
      'a link to itself',
      () => {
        const path = join(folder, 'round')
        symlinkSync(path, path)
        return path
      },
      'cannot be read (ELOOP)',
    ],
  ])('is not %s', (_, path, what) => {
    const { fault, digests } = looked(path())
    expect(digests).toEqual([])
    expect(fault?.message).toContain(what)
    expect(JSON.stringify([fault?.message, fault?.hint, fault?.issues])).not.toMatch(/secret|horse|words/)
  })

  it('may be a link to a file that nobody else can read', () => {
    const path = join(folder, 'link')
    symlinkSync(written(TOKEN), path)
    expect(looked(path).digests).toEqual(digests(TOKEN))
  })
})

describe('a change of a token file', () => {
  const LATER = 1e9

  it.each<[string, (path: string) => void]>([
    ['written in place', (path) => writeFileSync(path, OTHER)],
    [
      'replaced by another file',
      (path) => {
        writeFileSync(`${path}.part`, OTHER, { mode: 0o600 })
        renameSync(`${path}.part`, path)
      },
    ],
  ])('counts at the next look: %s', (_, change) => {
    const path = written(TOKEN)
    const file = looked(path)
    expect(file.look(LATER)).toBe(false)
    change(path)
    expect([file.look(2 * LATER), file.digests]).toEqual([true, digests(OTHER)])
    expect(file.look(3 * LATER)).toBe(false)
  })

  it('counts when it leaves the length and the time of the file as they were', () => {
    const path = written(TOKEN)
    const file = looked(path)
    for (const token of [OTHER, THIRD, TOKEN, OTHER, THIRD]) {
      writeFileSync(path, token)
      file.look()
      expect(file.digests).toEqual(digests(token))
    }
  })

  it('counts when the file is lost, opened to others, or made a folder, and when it is back', () => {
    const path = written(TOKEN)
    const file = looked(path)
    const changes: [() => void, number][] = [
      [() => chmodSync(path, 0o644), 0],
      [() => chmodSync(path, 0o600), 1],
      [() => rmSync(path), 0],
      [() => writeFileSync(path, OTHER, { mode: 0o600 }), 1],
      [() => writeFileSync(path, ''), 0],
      [
        () => {
          rmSync(path)
          mkdirSync(path)
        },
        0,
      ],
    ]
    for (const [i, [change, count]] of changes.entries()) {
      change()
      file.look((i + 2) * LATER)
      expect([i, file.digests.length, file.fault === undefined]).toEqual([i, count, count === 1])
    }
  })

  it('is none when only the time of the file changes', () => {
    const path = written(TOKEN)
    const file = looked(path)
    writeFileSync(path, TOKEN)
    expect([file.look(LATER), file.digests]).toEqual([false, digests(TOKEN)])
  })
})
