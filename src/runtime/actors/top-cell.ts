/** Makes the cell of a top actor that has not started yet. */
import type { Address } from '../record/address.ts'
import type { Scope } from '../xstate/scope.ts'
import { Cell, UNBORN } from './cell.ts'
import type { Kind } from './kind.ts'
import { makeRef } from './persist.ts'

export function topCell(scope: Scope, kind: Kind, address: Address, input: unknown): Cell {
  const ref = makeRef(scope.system, address, [])
  return new Cell({ ref, kind, version: kind.version, logic: kind.machine, path: [], input, state: UNBORN })
}
