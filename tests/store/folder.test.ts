/** Tests names and files in folders on file systems without links, and across two file systems. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { linkOrCopy, makeFolder, move, replaceFile } from '../../store/leveldb/folder/folder.ts'
import { mountDisk, NO_MOUNT } from '../faults/disk/mount.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-folder-'))
const disk = join(root, 'disk')
const isMounted = mountDisk(disk, '1m')
afterAll(() => {
  if (isMounted) execFileSync('umount', [disk])
  rmSync(root, { recursive: true })
})

/** Makes files and folders on two levels, to be moved. */
function makeTree(folder: string): void {
  makeFolder(join(folder, 'a', 'b'))
  writeFileSync(join(folder, 'one'), '1')
  writeFileSync(join(folder, 'a', 'b', 'two'), '2')
}

function expectTree(folder: string): void {
  expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()).toEqual([
    'a',
    join('a', 'b'),
    join('a', 'b', 'two'),
    'one',
  ])
  expect(readFileSync(join(folder, 'a', 'b', 'two'), 'utf8')).toBe('2')
}

describe('a file', () => {
  it('has a second name by a link, which reads the same', () => {
    writeFileSync(join(root, 'table'), 'rows')
    linkOrCopy(join(root, 'table'), join(root, 'second'))
    expect(statSync(join(root, 'second')).ino).toBe(statSync(join(root, 'table')).ino)
  })

  it('has a second name on another disk, where links are impossible', ({ skip }) => {
    skip(!isMounted, NO_MOUNT)
    writeFileSync(join(root, 'far'), 'rows')
    linkOrCopy(join(root, 'far'), join(disk, 'far'))
    expect(readFileSync(join(disk, 'far'), 'utf8')).toBe('rows')
  })

  it('is replaced as a whole', () => {
    const path = join(root, 'replaced')
    writeFileSync(`${path}.next`, 'what a crash has left')
    for (const text of ['old', 'new']) replaceFile(path, Buffer.from(text))
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(readdirSync(root)).not.toContain('replaced.next')
  })
})

describe('a folder', () => {
  it('is moved by its name, also into one that a crash has left half full', () => {
    const [from, to] = [join(root, 'from'), join(root, 'to')]
    makeTree(from)
    makeFolder(join(to, 'a'))
    move(from, to)
    expectTree(to)
    makeTree(from)
    mkdirSync(join(root, 'other', 'a'), { recursive: true })
    writeFileSync(join(root, 'other', 'a', 'moved'), '3')
    move(from, join(root, 'other'))
    expect(readFileSync(join(root, 'other', 'a', 'moved'), 'utf8')).toBe('3')
    expect(readFileSync(join(root, 'other', 'a', 'b', 'two'), 'utf8')).toBe('2')
    expect(readdirSync(root)).not.toContain('from')
  })

  it('is moved to another disk, and out of a mount point, which stays', ({ skip }) => {
    skip(!isMounted, NO_MOUNT)
    makeTree(join(root, 'near'))
    move(join(root, 'near'), join(disk, 'near'))
    expectTree(join(disk, 'near'))
    expect(readdirSync(root)).not.toContain('near')
    rmSync(join(disk, 'far'), { force: true })
    move(disk, join(root, 'out'))
    expectTree(join(root, 'out', 'near'))
    expect(readdirSync(disk)).toEqual([])
  })
})
