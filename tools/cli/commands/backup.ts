import type { BackupOptions } from '../command-backup.ts'
import { type DefineCommand, finish } from '../define-command.ts'

export const backup: DefineCommand = (program) =>
  program
    .command('backup')
    .description(
      "copy the log, the venue's books and what they need, of a running runner too, and check the copy",
    )
    .argument('<folder>', 'folder for the copy, which must not exist yet')
    .option('-d, --data <folder>', 'folder of the log', 'data')
    .option('--json', 'as JSON')
    .action(async (folder: string, options: BackupOptions) =>
      finish((await import('../command-backup.ts')).backup(folder, options)),
    )
