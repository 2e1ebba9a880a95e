import { mkdir, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Writes the types of a REST door where the programs import them from, as `npx openapi-typescript` does. */
export async function generateTypes(document: URL): Promise<string> {
  const types = astToString(await openapiTS(document))
  await mkdir(at('../dist/'), { recursive: true })
  await writeFile(at('../dist/rest-api.d.ts'), types)
  return types
}

/** A line that the compiler refuses, and why. */
export interface Mistake {
  line: string
  because: string
}

/** Compiles the programs as their users would. What it says of each, by name; `dist` has what there is to run. */
export function compilePrograms(): Record<string, Mistake[]> {
  const project = at('programs/tsconfig.json')
  const { config } = ts.readConfigFile(project, ts.sys.readFile)
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, at('programs'))
  const program = ts.createProgram(fileNames, options)
  program.emit()
  const mistakes = fileNames.map((fileName) => {
    const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(fileName))
    return [basename(fileName, '.ts'), found.map(mistakeOf)]
  })
  return Object.fromEntries(mistakes)
}

function mistakeOf({ file, start = 0, messageText }: ts.Diagnostic): Mistake {
  const lines = file?.text.split('\n') ?? []
  const line = lines[file?.getLineAndCharacterOfPosition(start).line ?? 0] ?? ''
  return { line: line.trim(), because: ts.flattenDiagnosticMessageText(messageText, ' ') }
}
