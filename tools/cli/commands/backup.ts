import type { BackupOptions } from '../command-backup.ts'
import { type DefineCommand, finish } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry backup backup-1 --data bot   of a running runner, too`

export const backup: DefineCommand = (program) =>
  program
    .command('backup')
    .description(
      "copy the log, the venue's books and what they need, of a running runner too, and check the copy",
    )
    .argument('<folder>', 'folder for the copy, which must not exist yet')
    .option('-d, --data <folder>', 'folder of the log', 'data')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, options: BackupOptions) =>
      finish((await import('../command-backup.ts')).backup(folder, options)),
    )
