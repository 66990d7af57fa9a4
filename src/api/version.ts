import { createRequire } from 'node:module'

/** Outcry's own version. The package finds itself by its name, from the sources and from the build. */
export const VERSION: string = createRequire(import.meta.url)('outcry/package.json').version
