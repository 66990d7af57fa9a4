/** Writes the output of a command to stdout, at the pace of its reader, and completely before the process ends. */
import { once } from 'node:events'
import { EXIT } from '../../errors/codes.ts'
import { colors, noteColors } from './colors.ts'
import { columnsOf, inColumns } from './columns.ts'
import { printable } from './printable.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has closed the pipe (`outcry replay ... | head`).
  if (error.code === 'EPIPE') process.exit()
  note(systemText(error))
  process.exit(EXIT.problem)
})

/** Prints a line. Resolves when there is room for the next one. */
export async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${printable(line, colors.isColorSupported)}\n`))
    await once(process.stdout, 'drain')
}

/**
 * Prints a text for people. In a terminal, each of its lines is cut to the terminal's columns; a pipe or a file gets all
 * of it.
 */
export function printLines(text: string): Promise<void> {
  return print(inColumns(printable(text, colors.isColorSupported), columnsOf(process.stdout)))
}

export function printJson(value: unknown): Promise<void> {
  return print(JSON.stringify(value))
}

/** Returns the line for an error of the system about a file, a folder or a socket. It needs no stack. */
export function systemText({ code, message }: NodeJS.ErrnoException): string {
  return `${noteColors.red(String(code))}: ${message}. Check the path, its permissions, and the disk.`
}

/** Tells the user something that is no output. */
export function note(line: string): void {
  process.stderr.write(`${printable(line, noteColors.isColorSupported)}\n`)
}

/** Resolves when everything printed so far has been handed over. */
export async function written(): Promise<void> {
  await new Promise((resolve) => process.stdout.write('', resolve))
}
