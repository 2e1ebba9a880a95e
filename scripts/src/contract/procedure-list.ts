import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeProcedures, type JsonSchema } from '@tasklane/api'
import { contractText } from './contract-files.ts'

/** What programs read that offer every procedure there is, such as `tasklane call`. */
export interface ProcedureList {
  procedures: Record<string, ListedProcedure>
  /** What the inputs refer to by `#/$defs/`. */
  $defs: Record<string, JsonSchema>
}

interface ListedProcedure {
  type: 'query' | 'mutation' | 'subscription'
  /** A few words. Absent where there are none. */
  summary?: string
  input: JsonSchema
}

/** Where the list stands in the repository. */
export const procedureListPath = 'packages/client/src/procedures.json'

/** The file of the list beside a folder of the contract. */
export const procedureListBeside = (contractFolder: string) => join(contractFolder, '..', procedureListPath)

/** Every procedure, without what it answers. */
export function procedureList(): ProcedureList {
  const { procedures, definitions } = describeProcedures()
  const inputs = procedures.map(({ input }) => input)
  return {
    procedures: Object.fromEntries(
      procedures.map(({ path, type, meta: { rest }, input }) => [
        path,
        { type, ...(rest && { summary: rest.summary }), input },
      ]),
    ),
    $defs: reachable(inputs, definitions),
  }
}

/** The definitions that these schemas refer to, directly or through others. */
function reachable(
  schemas: JsonSchema[],
  definitions: Record<string, JsonSchema>,
): Record<string, JsonSchema> {
  const found: Record<string, JsonSchema> = {}
  for (let open = schemas; open.length > 0; ) {
    const names = [...JSON.stringify(open).matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)].map(
      ([, name = '']) => name,
    )
    const added = [...new Set(names)].filter((name) => !(name in found))
    open = added.map((name) => definitions[name] ?? {})
    for (const [index, name] of added.entries()) found[name] = open[index] ?? {}
  }
  return found
}

/** Gives the file that it wrote. */
export async function writeProcedureList(contractFolder: string): Promise<string> {
  const file = procedureListBeside(contractFolder)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, contractText(procedureList()))
  return file
}
