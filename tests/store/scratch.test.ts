import { expect, it } from 'vitest'
import { Scratch } from '../../store/leveldb/folder/scratch.ts'

it('an unreadable scratch file does not count as damage of the log', async () => {
  const scratch = await Scratch.open()
  await scratch.put([['a', '1']])
  expect([scratch.get('a'), scratch.get('b')]).toEqual(['1', undefined])
  await scratch.close()
  expect(() => scratch.get('a')).toThrow(expect.objectContaining({ code: 'SCRATCH_FAILED' }))
  await expect(scratch.put([['a', '2']])).rejects.toMatchObject({ code: 'SCRATCH_FAILED' })
})
