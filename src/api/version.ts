import { readFileSync } from 'node:fs'

/** Outcry's own version. The package file lies two folders up from here, and three from the build. */
export const VERSION: string = JSON.parse(readFileSync(packageFile(), 'utf8')).version

function packageFile(): URL {
  const here = import.meta.url
  return new URL(here.includes('/dist/') ? '../../../package.json' : '../../package.json', here)
}
