/** The form of a command's definition: a file in commands/, and a line in commands.ts. */
import type { Command } from 'commander'
import type { ReadOptions } from './named.ts'

/**
 * Adds a command to the program. The command's action imports the modules that it needs, so that help comes at once.
 * @example
 * export const halt: DefineCommand = (program) =>
 *   reading(program, 'halt', 'stop all trading').action(async (options: ReadOptions) =>
 *     finish((await import('../command-halt.ts')).halt(options)),
 *   )
 */
export type DefineCommand = (program: Command) => Command

/** Sets the exit code that a command resolves with: 0 fine, 1 a problem was found. */
export async function finish(command: Promise<number>): Promise<void> {
  process.exitCode = await command
}

/** Collects the values of an option that may be repeated. */
export const repeated = (value: string, others: readonly string[] = []): readonly string[] => [
  ...others,
  value,
]

/** Adds a command with the options of all commands that read a log: see `ReadOptions`. */
export function reading(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .helpGroup('Read a log, closed or in use:')
    .option(
      '-c, --config <file>',
      "YAML configuration of a run, with its data folder and its strategies' modules",
    )
    .option('-d, --data <folder>', 'folder of the log (default: data)')
    .option(
      '--machines <module>',
      'machines of your own: a module that exports "machines" or a "strategy"; may be repeated',
      repeated,
    )
    .option('--json', 'one JSON object a line')
}

/** The options of commands that act. */
export interface ActOptions extends ReadOptions {
  /** Name of the person, for the log. */
  readonly by?: string
  readonly reason?: string
}

/** Adds a command that tells actors of a running runner to do something. */
export function acting(program: Command, name: string, description: string): Command {
  return reading(program, name, description)
    .helpGroup('Act on a running runner, which holds the folder:')
    .option('--by <name>', 'your name, for the log (default: your login name)')
    .option('--reason <text>', 'the reason, for the log')
}
