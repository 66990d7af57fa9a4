/** Tests that what is not of the published documents is found, in whatever test a server sends it. */
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type ApiOptions, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'
import { wrongAnswer, wrongFrame } from './documents.ts'
import { takeFound } from './watch.ts'

const LINK = { seq: 1, actor: 'a/b', type: 'INC', url: '/', actorUrl: '/' }
const PROBLEM = {
  type: '/docs#RECORD_UNKNOWN',
  title: '',
  status: 404,
  detail: '',
  code: 'RECORD_UNKNOWN',
  hint: '',
  issues: [],
}
const ANSWERS = {
  fine: { failures: [], seq: 0 },
  with: { failures: [], seq: 0, extra: 1 },
  without: { seq: 0 },
}

it.each<[answer: object, path: string | undefined, status: number, type: string, wrong: RegExp | undefined]>([
  [ANSWERS.fine, '/failures', 200, 'application/json', undefined],
  [ANSWERS.with, '/failures', 200, 'application/json', /must NOT have additional properties/],
  [ANSWERS.without, '/failures', 200, 'application/json', /must have required property 'failures'/],
  [ANSWERS.fine, '/failures', 201, 'application/json', /a status that the document has not/],
  [ANSWERS.fine, '/failures', 200, 'text/plain', /a media type that the document has not/],
  [PROBLEM, '/records/{seq}', 404, 'application/problem+json', undefined],
  [
    { ...PROBLEM, code: 'REV_UNKNOWN' },
    '/records/{seq}',
    404,
    'application/problem+json',
    /the code REV_UNKNOWN/,
  ],
  [PROBLEM, '/failures', 404, 'application/problem+json', /the code RECORD_UNKNOWN/],
  [PROBLEM, undefined, 404, 'application/problem+json', undefined],
  [LINK, undefined, 404, 'application/problem+json', /must have required property/],
  [PROBLEM, undefined, 404, 'application/json', /is no problem document/],
  [{}, '/page', 200, 'application/json', undefined],
])('an answer %j of %s with %i %s is judged', (answer, path, status, type, wrong) => {
  const found = wrongAnswer({ method: 'GET', path, status, type, text: JSON.stringify(answer) })
  if (wrong === undefined) expect(found).toBeUndefined()
  else expect(found).toMatch(wrong)
})

it.each<[channel: string, frame: object, wrong: RegExp | undefined]>([
  ['/feed', { op: 'subscribed', id: 's' }, undefined],
  ['/feed', { op: 'unsubscribed', id: 's' }, undefined],
  ['/feed', { op: 'subscribed' }, /must have required property 'id'/],
  ['/feed', { op: 'subscribed', id: 's', seq: 1 }, /must NOT have additional properties/],
  ['/feed', { op: 'subscribe', id: 's', topics: ['>'] }, /fits no message/],
  ['/inspect', { op: 'hello' }, /fits no message/],
  ['/other', { op: 'hello' }, /fits no message/],
])('a frame of %s %j is judged', (channel, frame, wrong) => {
  // The second one is judged by what the first has led to.
  for (const _ of ['first', 'again']) {
    const found = wrongFrame(channel, JSON.stringify(frame))
    if (wrong === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(wrong)
  }
})

it('each server of a test is watched, its answers and its frames', async () => {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: {} })
  const components = [{ name: 'odd', state: 'RUNNING', extra: 1 }]
  const options = { host: '127.0.0.1', port: 0, components: () => components } as ApiOptions
  const api = await startApi(supervisor, options, silentLogger)
  await fetch(`${api.url}/accounts`)
  expect(takeFound()).toEqual([])
  await fetch(`${api.url}/health`)
  expect(takeFound()).toEqual([expect.stringMatching(/^GET \/health 200 .* additional properties/)])
  Object.defineProperty(supervisor, 'epoch', { value: 'three' })
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/feed`)
  await once(socket, 'message')
  expect(takeFound()).toEqual([expect.stringMatching(/^\/feed hello\b.*epoch must be integer/s)])
  socket.close()
  await api.close()
  await supervisor.stop()
})
