/** Says which parts of a process are needed and do not run. Pure. */
import { compact } from '../../../errors/compact.ts'
import type { ComponentHealth } from '../contract/answers.ts'

/** Why a part does not run, where it does not say so itself. */
const REASONS: Readonly<Record<ComponentHealth['state'], string>> = {
  INITIALIZING: 'it starts',
  RUNNING: 'it does not do its work',
  STOPPING: 'it stops',
  STOPPED: 'it has not started, or it has stopped',
  FAILED: 'it has failed',
}

/** The part of a supervisor that says whether it takes messages. */
export interface Taking {
  readonly fence: { readonly message: string } | undefined
  readonly isStopping: boolean
}

/**
 * Returns the parts that are needed and do not run, each with the reason. A part that the run goes on without is not
 * needed. One that runs and is not well does not count: `/health` says so.
 */
export function missingIn(
  { fence, isStopping }: Taking,
  components: readonly ComponentHealth[],
): readonly (ComponentHealth & { readonly reason: string })[] {
  const missing = components
    .filter(({ state, isOptional }) => state !== 'RUNNING' && isOptional === undefined)
    .map(({ name, state, reason = REASONS[state] }) => ({ name, state, reason }))
  if (fence === undefined && !isStopping) return missing
  const state = fence === undefined ? ('STOPPING' as const) : ('FAILED' as const)
  const own = { name: 'supervisor', state, reason: fence?.message ?? REASONS[state] }
  return [...missing.filter(({ name }) => name !== own.name), own]
}

/** Returns the parts as a stranger may see them: without reasons, which may name files and addresses. */
export function withoutReasons(components: readonly ComponentHealth[]): readonly ComponentHealth[] {
  return components.map(({ name, state, isOptional }) => compact({ name, state, isOptional }))
}
