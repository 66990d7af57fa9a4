/** Checks answers and frames with the documents that the server publishes, and nothing else of the contract. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { ERRORS, isErrorCode } from '../../errors/codes.ts'
import { asyncApiOf } from '../../src/api/contract/asyncapi.ts'
import type { Json } from '../../src/api/contract/json-schema.ts'
import { openApiOf } from '../../src/api/contract/openapi.ts'
import { PROBLEM_TYPE } from '../../src/api/contract/problem.ts'

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Readonly<Record<string, Json>> }>
  >
}
interface AsyncApi {
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly messages: Record<string, unknown> }>
  >
  readonly operations: Readonly<Record<string, { readonly action: string }>>
}

/** Returns a document as a client reads it. */
const read = <T>(document: Json) => JSON.parse(JSON.stringify(closed(document))) as T
const openApi = read<OpenApi>(openApiOf('0', []))
const asyncApi = read<AsyncApi>(asyncApiOf('0'))

const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(openApi, 'openapi')
ajv.addSchema(asyncApi, 'asyncapi')

/** Lets the objects of a document have only the fields that it names, so that a field that it has not is found. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const of = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]))
  const isObject = of.type === 'object' && of.properties !== undefined
  return isObject ? { additionalProperties: false, ...of } : of
}

const pointer = (...keys: readonly string[]) =>
  keys.map((key) => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

const validators = new Map<string, ValidateFunction>()
function validatorOf(ref: string): ValidateFunction {
  const known = validators.get(ref) ?? ajv.compile({ $ref: ref })
  validators.set(ref, known)
  return known
}

/** Returns why the value does not fit; undefined when it fits. */
function misfit(ref: string, value: unknown): string | undefined {
  const validate = validatorOf(ref)
  if (validate(value)) return undefined
  return `${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)?.slice(0, 500)}`
}

const PROBLEM = `openapi#${pointer('components', 'schemas', 'Problem')}`

export interface Answer {
  readonly method: string
  /** Path of the route, as the document has it; undefined when no route took the request. */
  readonly path: string | undefined
  readonly status: number
  /** Media type of the answer. */
  readonly type: string
  readonly text: string
}

/** Returns in which way an answer is not of the OpenAPI document; undefined when it is. */
export function wrongAnswer({ method, path = '', status, type, text }: Answer): string | undefined {
  const operation = openApi.paths[path]?.[method.toLowerCase()]
  const told = () => `${method} ${path} ${status} ${type}`
  const body = () => JSON.parse(text) as unknown
  if (operation === undefined) {
    // A page, or a request that no route takes.
    if (status < 400) return undefined
    if (type !== PROBLEM_TYPE) return `${told()} is no problem document`
    return wrong(told, misfit(PROBLEM, body()))
  }
  const response = operation.responses[status]
  if (response === undefined) return `${told()} has a status that the document has not`
  const { content, description } = response
  const media = content[type]
  if (media === undefined) return `${told()} has a media type that the document has not`
  if (media.schema === undefined) return undefined
  const { code } = body() as { readonly code?: unknown }
  // The types of events that refuse a command are no codes of the table. A fault may have any code of its status.
  const isOpen =
    typeof code !== 'string' || !isErrorCode(code) || (status === 500 && ERRORS[code].status === 500)
  const isTold = isOpen || description.includes(`${code}: `)
  if (type === PROBLEM_TYPE && !isTold) return `${told()} has the code ${code}, which the document has not`
  const at = pointer('paths', path, method.toLowerCase(), 'responses', `${status}`, 'content', type, 'schema')
  return wrong(told, misfit(`openapi#${at}`, body()))
}

function wrong(told: () => string, why: string | undefined): string | undefined {
  return why === undefined ? undefined : `${told()}: ${why}`
}

/** Returns the constant by which a frame is told from others. */
const kindOf = (frame: { readonly op?: unknown; readonly type?: unknown }) => String(frame.op ?? frame.type)

/** The messages of each channel that the server sends, by their `op` or `type`. */
const sent = new Map(
  Object.entries(asyncApi.channels).map(([name, { address, messages }]) => {
    const ofServer = Object.keys(messages).filter(
      (one) => asyncApi.operations[`${name}.${one}`]?.action === 'send',
    )
    return [
      address,
      ofServer.map((one) => `asyncapi#${pointer('channels', name, 'messages', one, 'payload')}`),
    ]
  }),
)
const refOfKind = new Map<string, string>()

/** Returns in which way a frame of the server is not of the AsyncAPI document; undefined when it is. */
export function wrongFrame(channel: string, text: string): string | undefined {
  const frame = JSON.parse(text) as object
  const key = `${channel} ${kindOf(frame)}`
  const known = refOfKind.get(key)
  if (known !== undefined) return wrong(() => key, misfit(known, frame))
  const reasons: string[] = []
  for (const ref of sent.get(channel) ?? []) {
    const why = misfit(ref, frame)
    if (why === undefined) {
      refOfKind.set(key, ref)
      return undefined
    }
    reasons.push(why)
  }
  return `${key} fits no message of the document: ${reasons.join('\n')}`
}
