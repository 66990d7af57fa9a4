/**
 * Checks the version of XState. The runtime uses its internals (see scope.ts), so it runs only on versions that it was
 * tested with.
 */
import { createRequire } from 'node:module'
import satisfies from 'semver/functions/satisfies.js'
import { OutcryError } from '../../../errors/outcry-error.ts'

const require = createRequire(import.meta.url)

interface Package {
  readonly version: string
  readonly peerDependencies: { readonly xstate: string }
}

/** Checks the version against the peer range of outcry's own package. @throws XSTATE_UNSUPPORTED */
export function assertXState(installed: string = require('xstate/package.json').version): void {
  const { version, peerDependencies }: Package = require('outcry/package.json')
  const range = peerDependencies.xstate
  if (satisfies(installed, range)) return
  throw new OutcryError(
    'XSTATE_UNSUPPORTED',
    `outcry ${version} runs on xstate ${range}, and ${require.resolve('xstate/package.json')} is ${installed}`,
    `Install the right one: npm install xstate@${range}`,
  )
}
