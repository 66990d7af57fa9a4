/**
 * The colors of what a person reads. A terminal gets them. A pipe or a file gets plain text, on a build server too, for
 * its reader may be a program. `NO_COLOR` and `FORCE_COLOR` decide before that, as in other programs.
 * @see https://no-color.org and https://force-color.org
 */
import pc from 'picocolors'

/** The colors of stdout, and those of stderr. */
export const colors = colorsOf(process.stdout)
export const noteColors = colorsOf(process.stderr)

function colorsOf({ isTTY }: { readonly isTTY?: boolean }): ReturnType<typeof pc.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return pc.createColors(false)
  if (FORCE_COLOR) return pc.createColors(FORCE_COLOR !== '0' && FORCE_COLOR !== 'false')
  return pc.createColors(isTTY === true && TERM !== 'dumb')
}
