/** Tests a runner whose tokens have names, as a real process: from the configuration's file to the command line. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { endChildren } from '../programs/children.ts'
import { OutcryProcess, outcry } from './runner-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-named-tokens-'))
afterAll(async () => {
  await endChildren()
  rmSync(folder, { recursive: true, force: true })
})

const SINGLE = 'correct.horse_battery~staple-7'
const READ = 'read.horse_battery~staple-1'
const CONTROL = 'control.horse_battery~staple-2'
const NEXT = 'control.horse_battery~staple-3'
const config = join(folder, 'outcry.yaml')
const data = join(folder, 'data')
const file = join(folder, 'ann.token')

/** Returns the names of all files in the folder that have one of the texts. */
function filesWith(texts: readonly string[]): readonly string[] {
  return readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(data, name)
    return statSync(path).isFile() && texts.some((text) => readFileSync(path).includes(text))
  })
}

it('starts with a file that nobody else can read, takes another token at once, and serves the command line', async () => {
  const server = `{ port: 0, token: ${SINGLE}, tokens: [{ name: ann, access: control, file: ann.token }, { name: screen, access: read, env: SCREEN_TOKEN }] }`
  writeFileSync(config, `server: ${server}\n`)
  writeFileSync(file, `${CONTROL}\n`)
  chmodSync(file, 0o644)
  process.env.SCREEN_TOKEN = READ
  const run = ['run', '--config', config, '--data', data] as const
  const refused = await outcry(...run)
  expect([refused.code, refused.stderr.trim()]).toEqual([
    2,
    expect.stringContaining(`TOKEN_INVALID: the token file ${file} may be read or written by other users`),
  ])
  expect(refused.stderr).toContain(`chmod 600 ${file}`)
  expect(existsSync(data)).toBe(false)

  chmodSync(file, 0o600)
  const runner = new OutcryProcess(...run)
  const { url } = await runner.started()
  const statusOf = async (token: string, method = 'GET') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = method === 'GET' ? {} : { body: '{"type":"NONE"}' }
    return (
      await fetch(`${url}/actors/account%2Fsim${method === 'GET' ? '' : '/events'}`, {
        method,
        headers,
        ...body,
      })
    ).status
  }
  expect([await statusOf(READ), await statusOf(CONTROL), await statusOf(NEXT)]).toEqual([200, 200, 401])
  expect([await statusOf(READ, 'POST'), await statusOf(CONTROL, 'POST')]).toEqual([403, 400])
  writeFileSync(file, `${NEXT}\n`)
  expect([await statusOf(READ), await statusOf(CONTROL), await statusOf(NEXT)]).toEqual([200, 401, 200])

  const info = join(data, 'runner.json')
  expect(statSync(info).mode & 0o777).toBe(0o600)
  const { token } = JSON.parse(readFileSync(info, 'utf8')) as { token: string }
  expect(await statusOf(token, 'POST')).toBe(400)
  const actors = await outcry('actors', 'account/', '--data', data, '--json')
  expect([actors.code, actors.stderr, JSON.parse(actors.stdout)]).toMatchObject([
    0,
    '',
    { address: 'account/sim' },
  ])
  const halt = await outcry('halt', 'account/sim', '--by', 'ann', '--data', data)
  expect([halt.code, halt.stderr]).toEqual([0, ''])
  runner.child.kill('SIGTERM')
  const { code, stdout, stderr } = await runner.finished()
  expect(code).toBe(0)
  const secrets = [SINGLE, READ, CONTROL, NEXT, token]
  for (const secret of secrets) expect(stdout + stderr + actors.stdout).not.toContain(secret)
  expect(stderr).toContain('the tokens in a file have changed')
  expect(filesWith(secrets)).toEqual([])
})
