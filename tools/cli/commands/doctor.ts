import type { DoctorCommandOptions } from '../command-doctor.ts'
import { type DefineCommand, finish } from '../define-command.ts'

export const doctor: DefineCommand = (program) =>
  program
    .command('doctor')
    .description('show the damage of a log that does not open, and cut the log back to its whole part')
    .option('-d, --data <folder>', 'folder of the log', 'data')
    .option('--cut', 'make the log end with its last whole commit; keep the damaged log beside it')
    .option('--json', 'as JSON')
    .action(async (options: DoctorCommandOptions) =>
      finish((await import('../command-doctor.ts')).doctor(options)),
    )
