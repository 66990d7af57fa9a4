/** Runs a command of the command line in this process. */
import { vi } from 'vitest'

/** Resolves with the lines that the command prints to stdout, without the name of the folder or runner that it reads. */
export async function linesOf(command: () => Promise<number>): Promise<string[]> {
  let text = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk
    return true
  })
  try {
    await command()
  } finally {
    write.mockRestore()
  }
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/ in (?:\/|http:)\S+$/, ''))
}
