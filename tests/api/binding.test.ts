/** Tests where a server listens, and that no door opens it to other machines without a token. */
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isLoopbackAddress } from '../../src/api/binding.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'

const TOKEN = 'correct.horse_battery~staple-7'

let harness: Harness
let api: ApiServer | undefined

async function start(host: string, token?: string): Promise<number> {
  harness = new Harness()
  await harness.open({ machines: {} })
  api = await startApi(harness.supervisor, { host, port: 0, token }, silentLogger)
  return Number(new URL(api.url).port)
}
afterEach(async () => {
  vi.restoreAllMocks()
  await api?.close()
  api = undefined
  await harness.supervisor.stop()
})

/** Returns whether something listens there. */
async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host)
  const isThere = await Promise.race([
    once(socket, 'connect').then(() => true),
    new Promise<boolean>((resolve) => socket.once('error', () => resolve(false))),
  ])
  socket.destroy()
  return isThere
}

/** Makes every name lead to this address. */
function leadingTo(address: string): void {
  const family = address.includes(':') ? 6 : 4
  vi.spyOn(dns, 'lookup').mockImplementation((async () => ({ address, family })) as never)
}

const others = Object.values(networkInterfaces())
  .flatMap((found) => found ?? [])
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map(({ address }) => address)

describe('a server without a token', () => {
  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '127.0.0.2'])(
    'listens on %s, for this machine alone',
    async (host) => {
      leadingTo('127.0.0.1')
      const port = await start(host)
      expect(await answers(host === '127.0.0.2' ? host : '127.0.0.1', port)).toBe(true)
      for (const address of others) expect([address, await answers(address, port)]).toEqual([address, false])
    },
  )

  it.each([
    '0.0.0.0',
    '::',
    '',
    '::ffff:0.0.0.0',
    '::ffff:127.0.0.1',
    '0',
    '0x0',
    '127.1',
    '2130706433',
    '0x7f.1',
    '192.0.2.1',
    'fe80::1',
    'bot.example',
    'localhost.example',
    'localhost.',
    '127.0.0.1.example',
    '127.0.0.1 ',
  ])('does not listen on "%s"', async (host) => {
    // Also where such a name leads to this machine at the moment.
    leadingTo('127.0.0.1')
    await expect(start(host)).rejects.toMatchObject({ code: 'TOKEN_NONE', issues: [{ field: 'host' }] })
  })

  it.each(['0.0.0.0', '::', '192.0.2.1', '10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '128.0.0.1'])(
    'does not listen on a localhost that is %s',
    async (address) => {
      leadingTo(address)
      const starting = start('localhost')
      await expect(starting).rejects.toMatchObject({ code: 'TOKEN_NONE' })
      await expect(starting).rejects.toThrow(`"localhost", which is ${address}`)
    },
  )

  it('listens on the address that was checked, whatever the name means later', async () => {
    const lookup = vi.spyOn(dns, 'lookup')
    lookup.mockImplementationOnce((async () => ({ address: '127.0.0.1', family: 4 })) as never)
    lookup.mockImplementation((async () => ({ address: '0.0.0.0', family: 4 })) as never)
    const port = await start('localhost')
    expect(lookup).toHaveBeenCalledTimes(1)
    expect(await answers('127.0.0.1', port)).toBe(true)
    for (const address of others) expect([address, await answers(address, port)]).toEqual([address, false])
  })
})

describe('a server with a token', () => {
  it.each(['0.0.0.0', ''])('listens on "%s", and answers nobody without it', async (host) => {
    const port = await start(host, TOKEN)
    for (const address of ['127.0.0.1', ...others]) {
      const ask = (headers = {}) => fetch(`http://${address}:${port}/actors`, { headers })
      expect([address, (await ask()).status]).toEqual([address, 401])
      expect([address, (await ask({ authorization: `Bearer ${TOKEN}` })).status]).toEqual([address, 200])
    }
  })

  it('says that its name is unknown', async () => {
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    vi.spyOn(dns, 'lookup').mockRejectedValue(error)
    await expect(start('nowhere.example', TOKEN)).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining('nowhere.example:0 (ENOTFOUND)'),
    })
  })
})

it.each<[string, boolean]>([
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:7f00:1', true],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['::2', false],
  ['::ffff:10.0.0.1', false],
  ['10.127.0.0', false],
  ['localhost', false],
  ['', false],
  ['::1%lo', true],
  ['fe80::1%eth0', false],
])('%s is an address of this machine alone: %s', (address, isAlone) => {
  expect(isLoopbackAddress(address)).toBe(isAlone)
})
