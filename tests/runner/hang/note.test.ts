import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  NOTE_FILE,
  RISK_FILE,
  readNote,
  removeNote,
  removeRisk,
  suspectsOf,
  writeNote,
} from '../../../src/runner/process/hang/note.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-note-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, NOTE_FILE)

describe('the note of what ended a run', () => {
  it('is read as it was written, and is gone once it is removed', () => {
    const note = {
      at: 1,
      text: 'dip/btc has stood still',
      actor: 'dip/btc',
      event: 'CANDLE_CLOSE',
      stack: 'at x',
    }
    expect(writeNote(folder, note)).toBe(true)
    expect(readNote(folder)).toEqual(note)
    expect(suspectsOf(note)).toEqual({
      'dip/btc': {
        error: { name: 'Error', code: 'RUN_HUNG', message: 'dip/btc has stood still' },
        event: { type: 'CANDLE_CLOSE' },
      },
    })
    removeNote(folder)
    expect([existsSync(file), readNote(folder)]).toEqual([false, undefined])
  })

  it('of what might have ended it is read where nothing did, and goes with the other', () => {
    const risk = {
      at: 1,
      text: 'dip/btc had taken much memory',
      actor: 'dip/btc',
      event: 'TRADE',
      code: 'MEMORY_FILLED',
    }
    expect(writeNote(folder, risk, RISK_FILE)).toBe(true)
    expect(readNote(folder)).toEqual(risk)
    expect(suspectsOf(readNote(folder))).toMatchObject({ 'dip/btc': { error: { code: 'MEMORY_FILLED' } } })
    writeNote(folder, { at: 2, text: 'x' })
    expect(readNote(folder)).toEqual({ at: 2, text: 'x' })
    removeRisk(folder)
    expect(existsSync(file)).toBe(true)
    writeNote(folder, risk, RISK_FILE)
    removeNote(folder)
    expect(readNote(folder)).toBeUndefined()
  })

  it('is no matter where the folder is none', () => {
    const none = join(folder, 'file')
    writeFileSync(none, '')
    removeRisk(none)
    expect(readNote(none)).toBeUndefined()
  })

  it.each(['', '{"at":1', '{"at":"soon","text":7}', 'null'])('that says %j is none', (text) => {
    writeFileSync(file, text)
    expect(readNote(folder)).toBeUndefined()
    removeNote(folder)
  })

  it('names nobody where no actor was at work, and is left out where there is no folder', () => {
    expect(suspectsOf({ at: 1, text: 'the runner has stood still' })).toEqual({})
    expect(suspectsOf(undefined)).toEqual({})
    expect(writeNote(join(folder, 'none'), { at: 1, text: 'x' })).toBe(false)
  })
})
