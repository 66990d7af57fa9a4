#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import pc from 'picocolors'
import { EXIT, factsOf } from '../../errors/codes.ts'
import { VERSION } from '../../src/api/version.ts'
import { assertXState } from '../../src/runtime/xstate/xstate-version.ts'
import { isOutcryError } from '../../store/index.ts'
import type { BackupOptions } from './command-backup.ts'
import type { DoctorCommandOptions } from './command-doctor.ts'
import type { ReleaseOptions } from './command-release.ts'
import type { RunOptions } from './command-run.ts'
import type { ReadOptions } from './named.ts'
import { written } from './output.ts'
import { printable } from './printable.ts'

const program = new Command('outcry')
  .description('A durable actor runtime for trading.')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(outcry --help lists the commands)')

const repeated = (file: string, others: readonly string[] = []) => [...others, file]

program
  .command('run')
  .description('trade until the market ends or Ctrl-C')
  .option('-c, --config <file>', 'YAML configuration')
  .option('-d, --data <folder>', 'folder of the log (default: data)')
  .option('--store-id <id>', 'of a new folder: 4 characters of 0-9 and a-z (default: at random)')
  .option('-m, --market <source>', 'sim, recording or binance')
  .option('--symbol <name...>', 'of a live market')
  .option('-f, --file <capture...>', 'recording to play; several are merged by time')
  .option('-s, --speed <factor>', '1 is the pace of life, max as fast as it goes')
  .option('--seed <n>', 'of the simulated market')
  .option('--host <address>', 'to listen on (default: 127.0.0.1)')
  .option('-p, --port <n>', 'to listen on (default: 7077)')
  .option('--no-server', 'without page, API and feed')
  .option(
    '--machines <module>',
    'module of a strategy that is configured no more, and that the log has; may be repeated',
    repeated,
  )
  .option('--accept-changes', 'go on with machines that changed without a new version')
  .option('--json', 'summary as JSON')
  .action(async (options: RunOptions) => finish((await import('./command-run.ts')).run(options)))

const reading = (name: string, description: string) =>
  program
    .command(name)
    .description(description)
    .option('-c, --config <file>', "YAML configuration of a run: its folder, and its strategies' modules")
    .option('-d, --data <folder>', 'folder of the log (default: data)')
    .option(
      '--machines <module>',
      'machines of your own: a module that exports "machines" or a "strategy"; may be repeated',
      repeated,
    )
    .option('--json', 'one JSON object a line')

reading('actors', 'list the actors and their states')
  .argument('[prefix]', 'of their addresses, such as order/', '')
  .action(async (prefix: string, options: ReadOptions) =>
    finish((await import('./command-actors.ts')).actors(prefix, options)),
  )

reading('replay', "tell an actor's life")
  .argument('<address>', 'such as order/BTCUSDT-7f3a')
  .action(async (address: string, options: ReadOptions) =>
    finish((await import('./command-replay.ts')).replay(address, options)),
  )

reading('release', 'let an actor out of quarantine, of a running runner too')
  .argument('<address>', 'such as emaCross/ema-BTCUSDT')
  .option('--by <name>', 'who does so, for the log')
  .option('--reason <text>', 'what was mended, for the log')
  .action(async (address: string, options: ReleaseOptions) =>
    finish((await import('./command-release.ts')).release(address, options)),
  )

reading('verify', 'replay the whole log and compare every state, snapshot and the live state').action(
  async (options: ReadOptions) => finish((await import('./command-verify.ts')).verify(options)),
)

program
  .command('backup')
  .description(
    "copy the log, the venue's books and what they need, of a running runner too, and check the copy",
  )
  .argument('<folder>', 'that is not there yet')
  .option('-d, --data <folder>', 'folder of the log', 'data')
  .option('--json', 'as JSON')
  .action(async (folder: string, options: BackupOptions) =>
    finish((await import('./command-backup.ts')).backup(folder, options)),
  )

program
  .command('restore')
  .description('make a data folder from a backup, which stays as it is, and check it')
  .argument('<folder>', 'that a backup is in')
  .option('-d, --data <folder>', 'that is not there yet', 'data')
  .option('--json', 'as JSON')
  .action(async (folder: string, options: BackupOptions) =>
    finish((await import('./command-backup.ts')).restore(folder, options)),
  )

program
  .command('doctor')
  .description('say what is wrong with a log that does not open, and cut it back to what is whole')
  .option('-d, --data <folder>', 'folder of the log', 'data')
  .option('--cut', 'make the log end with its last whole commit; the damaged one is kept beside it')
  .option('--json', 'as JSON')
  .action(async (options: DoctorCommandOptions) =>
    finish((await import('./command-doctor.ts')).doctor(options)),
  )

/** A command's own modules are loaded when it runs, so that help comes at once. */
async function finish(command: Promise<number>): Promise<void> {
  process.exitCode = await command
}

try {
  assertXState()
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
await written()
// Nothing that a command leaves open (a client's keep-alive socket, say) holds the process.
process.exit()

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage
  if (isOutcryError(error)) {
    const { code, message, hint } = error
    complain(`${pc.red(code)}: ${message}${message.includes('\n') ? '\n' : '. '}${hint}`)
    return factsOf(code).exit
  }
  const { code, syscall, message } = Object(error) as NodeJS.ErrnoException
  // What the system says of a file, a folder or a socket needs no stack.
  if (syscall !== undefined && code !== undefined) {
    complain(`${pc.red(code)}: ${message}. Check the path, its permissions, and the disk.`)
    return EXIT.problem
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return EXIT.problem
}

function complain(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}
