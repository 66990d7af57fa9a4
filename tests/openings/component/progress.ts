/** Writes a file beside the log with the log's seq, for a program that watches the folder. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { SUPERVISOR } from './names.ts'

const EVERY_MS = 100

export function progress(run: Run): readonly Component[] {
  const file = join(run.plan.config.data, 'progress')
  let timer: NodeJS.Timeout | undefined
  let end = () => {}
  let problem: string | undefined
  const write = () => {
    try {
      writeFileSync(file, `${run.get('supervisor').seq}\n`)
      problem = undefined
    } catch (error) {
      problem = (error as Error).message
    }
  }
  return [
    {
      name: 'progress',
      needs: [SUPERVISOR],
      start: write,
      run: () =>
        new Promise((resolve) => {
          timer = setInterval(write, EVERY_MS)
          end = resolve
        }),
      stop: () => {
        clearInterval(timer)
        end()
        rmSync(file, { force: true })
      },
      health: () => problem,
    },
  ]
}
