import type { BackupOptions } from '../command-backup.ts'
import { type DefineCommand, finish } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry restore backup-1 --data bot-again`

export const restore: DefineCommand = (program) =>
  program
    .command('restore')
    .description('make a data folder from a backup, which stays as it is, and check it')
    .argument('<folder>', 'folder of the backup')
    .option('-d, --data <folder>', 'folder to make, which must not exist yet', 'data')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, options: BackupOptions) =>
      finish((await import('../command-backup.ts')).restore(folder, options)),
    )
