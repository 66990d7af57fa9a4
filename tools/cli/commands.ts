/** The only list of commands, in the order of the help. A command is a file in commands/ and its name here. */
import { actors } from './commands/actors.ts'
import { backup } from './commands/backup.ts'
import { doctor } from './commands/doctor.ts'
import { release } from './commands/release.ts'
import { replay } from './commands/replay.ts'
import { restore } from './commands/restore.ts'
import { run } from './commands/run.ts'
import { verify } from './commands/verify.ts'
import type { DefineCommand } from './define-command.ts'

export const COMMANDS: readonly DefineCommand[] = [
  run,
  actors,
  replay,
  release,
  verify,
  backup,
  restore,
  doctor,
]
