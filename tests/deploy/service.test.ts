/** The unit of systemd: systemd takes it, and it starts the command line as it is. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const UNIT = readFileSync(new URL('../../deploy/outcry.service', import.meta.url), 'utf8')
const PROGRAM = '/usr/local/bin/outcry'

/** Returns what systemd says of the unit. Its program is one that is there, for it looks for it. */
async function verified(unit: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-unit-'))
  const program = join(folder, 'outcry')
  writeFileSync(program, '#!/bin/sh\n')
  chmodSync(program, 0o755)
  const file = join(folder, 'outcry.service')
  writeFileSync(file, unit.replace(PROGRAM, program).replace(/^(User|Group)=.*\n/gm, ''))
  const running = promisify(execFile)('systemd-analyze', ['verify', '--man=no', file])
  return running.then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    (error) => {
      if (error.code === 'ENOENT')
        throw new Error('this test needs systemd-analyze: apt-get install systemd (.ci installs it)')
      return `${error.stdout}${error.stderr}`
    },
  )
}

it('is taken by systemd without a word', async () => {
  expect((await verified(UNIT)).split('\n').filter((line) => line.includes('outcry.service'))).toEqual([])
})

it('is not, where it has a wrong key', async () => {
  expect(await verified(UNIT.replace('RestartSec=', 'RestartSecs='))).toMatch(/Unknown key .*RestartSecs/)
})

it('starts the program of the package with options that it has', () => {
  expect(UNIT).toContain(
    `ExecStart=${PROGRAM} run --config /etc/outcry/outcry.yaml --data /var/lib/outcry/data\n`,
  )
})
