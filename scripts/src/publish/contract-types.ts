import ts from 'typescript'

/** The types of the contract that declarations of the client name. */
const publishedTypes = ['ListedTask', 'Task', 'TaskChange', 'TaskChanges', 'TaskList', 'User'] as const

/**
 * Each type of the contract, written out: what zod infers becomes what it is, so that nobody needs zod to compile it.
 *
 * @throws Error for a type that the contract lacks, or that cannot be written out.
 */
export function writeContractTypes(contractFile: string): string {
  const program = ts.createProgram([contractFile], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(contractFile)
  const contract = source && checker.getSymbolAtLocation(source)
  const exported = new Map(
    (contract ? checker.getExportsOfModule(contract) : []).map((symbol) => [symbol.name, symbol]),
  )
  const lines = publishedTypes.map((name) => {
    const symbol = exported.get(name)
    if (!symbol) throw new Error(`The contract has no type ${name}`)
    const type = checker.getDeclaredTypeOfSymbol(
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    )
    const text = checker.typeToString(type, undefined, writtenOut)
    if (/\bany\b|import\(|\bz\.|\.\.\. /.test(text)) throw new Error(`${name} is not written out: ${text}`)
    return `export type ${name} = ${text};`
  })
  return `${lines.join('\n')}\n`
}

const writtenOut =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.InTypeAlias |
  ts.TypeFormatFlags.NoTypeReduction |
  ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType
