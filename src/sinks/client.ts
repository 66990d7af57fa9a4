/** The packages that sinks write with. They are optional, because a run without the sink does without them. */
import { OutcryError } from '../../errors/outcry-error.ts'

/**
 * Returns a sink's package.
 * @param range the version as npm takes it
 * @throws SINK_CLIENT_MISSING with the command that installs it
 *
 * @example
 * const { Redis } = await clientOf('ioredis', '6', () => import('ioredis'))
 */
export async function clientOf<Module>(
  name: string,
  range: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new OutcryError(
      'SINK_CLIENT_MISSING',
      `the package ${name} is not installed: \`npm install ${name}@${range}\` does that`,
      'Install it, and restart the component.',
      { cause },
    )
  }
}
