import type { DoctorCommandOptions } from '../command-doctor.ts'
import { type DefineCommand, finish } from '../define-command.ts'

export const doctor: DefineCommand = (program) =>
  program
    .command('doctor')
    .description('say what is wrong with a log that does not open, and cut it back to what is whole')
    .option('-d, --data <folder>', 'folder of the log', 'data')
    .option('--cut', 'make the log end with its last whole commit; the damaged one is kept beside it')
    .option('--json', 'as JSON')
    .action(async (options: DoctorCommandOptions) =>
      finish((await import('../command-doctor.ts')).doctor(options)),
    )
