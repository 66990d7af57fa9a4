/** The actor of a record whose seq alone stands in the address, such as `#why/4880`: it becomes the choice. */
import { computed, effect } from '@preact/signals'
import { isBeyond, isEndKnown } from '../log/actors.ts'
import { client } from '../log/client.ts'
import { loaded } from '../log/loading.ts'
import { choice, go, moment, view } from './place.ts'

const owner = loaded(() => {
  const seq = moment.value
  if (view.value !== 'actor' || choice.value !== '' || seq === undefined) return undefined
  // The browser's console would show the server's refusal of a record that is not there.
  if (!isEndKnown.value || isBeyond.value) return undefined
  const [params, query] = [{ seq }, { within: 0 }]
  return {
    subject: String(seq),
    place: seq,
    read: async (signal) => (await client.ask('record', { params, query, signal })).record,
  }
})

/** True while the record is being read. Where it cannot be, another actor may be chosen. */
export const isOwnerAwaited = computed(
  () =>
    view.value === 'actor' &&
    choice.value === '' &&
    moment.value !== undefined &&
    !isBeyond.value &&
    owner.fault.value === undefined,
)

effect(() => {
  const record = owner.value.value
  if (record !== undefined && choice.value === '' && record.seq === moment.value)
    go({ choice: record.actor }, 'step')
})
