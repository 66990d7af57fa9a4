#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { EXIT, factsOf } from '../../errors/codes.ts'
import { isOutcryError } from '../../errors/outcry-error.ts'
import { VERSION } from '../../src/api/version.ts'
import { assertXState } from '../../src/runtime/xstate/xstate-version.ts'
import { noteColors } from './colors.ts'
import { COMMANDS } from './commands.ts'
import { systemText, written } from './output.ts'
import { printable } from './printable.ts'

const program = new Command('outcry')
  .description('A durable actor runtime for trading.')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(outcry --help lists the commands)')

for (const define of COMMANDS) define(program)

try {
  assertXState()
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
await written()
// Ends the process although a command leaves something open, such as a client's keep-alive socket.
process.exit()

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    const isTime = error.code === 'commander.unknownOption' && /'-\d/.test(error.message)
    if (isTime) complain('(a time such as -10m stands behind --, so that it is no option)')
    return error.exitCode === 0 ? EXIT.fine : EXIT.usage
  }
  if (isOutcryError(error)) {
    const { code, message, hint } = error
    complain(`${noteColors.red(code)}: ${message}${message.includes('\n') ? '\n' : '. '}${hint}`)
    return factsOf(code).exit
  }
  const { code, syscall } = Object(error) as NodeJS.ErrnoException
  if (syscall !== undefined && code !== undefined) {
    complain(systemText(error as NodeJS.ErrnoException))
    return EXIT.problem
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return EXIT.problem
}

function complain(text: string): void {
  process.stderr.write(`${printable(text, noteColors.isColorSupported)}\n`)
}
