/** What a command tells on stdout: at the pace of whoever reads it, and whole before the process ends. */
import { once } from 'node:events'
import { printable } from './printable.ts'

// Somebody has read enough (`outcry replay ... | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

/** A line; resolves when there is room for the next. */
export async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${printable(line)}\n`)) await once(process.stdout, 'drain')
}

export function printJson(value: unknown): Promise<void> {
  return print(JSON.stringify(value))
}

/** Resolves when all that was told so far has been handed over. */
export async function written(): Promise<void> {
  await new Promise((resolve) => process.stdout.write('', resolve))
}
