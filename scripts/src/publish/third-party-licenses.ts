import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const packageFolder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/

/**
 * The licences of the packages that these files are of, each once, as text for people.
 *
 * @throws Error for a package without one.
 */
export async function thirdPartyLicenses(files: readonly string[]): Promise<string> {
  const folders = new Set(files.flatMap((file) => packageFolder.exec(file)?.[0] ?? []))
  const texts = await Promise.all([...folders].map(licenseOf))
  return `What is published contains parts of these packages.\n\n${texts.sort().join('\n')}`
}

async function licenseOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each))
  if (!file) throw new Error(`${name} has no licence that could be published with its code`)
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${await readFile(join(folder, file), 'utf8')}`
}
