import { OutcryError } from '../../../store/index.ts'

/** Returns the refusal of a file or a folder that exported events are to be read from. */
export function unreadable(what: string, rule: string): OutcryError {
  return new OutcryError(
    'FILE_UNREADABLE',
    `${what} ${rule}`,
    'Name a file or a folder that `outcry export` or a sink has written.',
  )
}

/** Returns the same of an error that came up while a file was read. */
export function unreadableBy(path: string, error: unknown): OutcryError {
  if (error instanceof OutcryError) return error
  return unreadable(path, `cannot be read: ${(error as Error).message}`)
}
