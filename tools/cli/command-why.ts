import { colors } from './colors.ts'
import { columnsOf } from './columns.ts'
import { counted } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { note, print, printJson } from './output.ts'
import { openReader } from './reader.ts'
import { subjectOf } from './why-subject.ts'
import { explanationLines } from './why-tree.ts'

export interface WhyOptions extends ReadOptions {
  readonly depth?: number
}

/** `outcry why <address|seq>`: explains a record, or the last one of an actor that changed or said something. */
export async function why(of: string, options: WhyOptions): Promise<number> {
  const { data, modules } = await named(options)
  const reader = await openReader(data, modules)
  try {
    const explanation = await reader.why(await subjectOf(reader, of), options.depth)
    const read = `${counted(explanation.read, 'record')} read in ${reader.source}`
    if (options.json) {
      await printJson(explanation)
      note(read)
    } else {
      for (const line of explanationLines(explanation, columnsOf(process.stdout))) await print(line)
      await print(colors.dim(read))
    }
    return 0
  } finally {
    await reader.close()
  }
}
