import type { DoctorCommandOptions } from '../command-doctor.ts'
import { type DefineCommand, finish } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry doctor        what is damaged, and what a cut would lose
  outcry doctor --cut  cut the log back; restore a backup instead, if you have one`

export const doctor: DefineCommand = (program) =>
  program
    .command('doctor')
    .description('show the damage of a log that does not open, and cut the log back to its whole part')
    .option('-d, --data <folder>', 'folder of the log', 'data')
    .option('--cut', 'make the log end with its last whole commit; keep the damaged log beside it')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DoctorCommandOptions) =>
      finish((await import('../command-doctor.ts')).doctor(options)),
    )
