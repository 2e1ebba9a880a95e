/** Canonical base64, as the strings of bcrypt have it: the spare bits of the last characters are 0. */
const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/
const argon2id =
  /^\$argon2id\$v=19\$m=([1-9]\d*),t=([1-9]\d*),p=([1-9]\d*)\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/

/** Above these the server does not obey a hash, and its owner could not log in. */
const bcryptCostMin = 4
const bcryptCostMax = 13
const memoryCostMax = 65_536
const timeCostMax = 10
const parallelismMax = 4

export const storedHashExpected =
  `must be argon2id (v=19, m up to ${memoryCostMax}, t up to ${timeCostMax}, p up to ${parallelismMax}) ` +
  `or bcrypt ($2a$, $2b$ or $2y$, cost ${bcryptCostMin} to ${bcryptCostMax})`

/** Whether the server will verify a password by this hash. */
export function isStoredHash(hash: string): boolean {
  const [, cost] = bcrypt.exec(hash) ?? []
  if (cost !== undefined) return Number(cost) >= bcryptCostMin && Number(cost) <= bcryptCostMax
  const [, memory, passes, lanes, salt = '', output = ''] = argon2id.exec(hash) ?? []
  return (
    Number(memory) <= memoryCostMax &&
    Number(passes) <= timeCostMax &&
    Number(lanes) <= parallelismMax &&
    Number(memory) >= 8 * Number(lanes) &&
    isCanonical(salt) &&
    isCanonical(output)
  )
}

function isCanonical(base64: string): boolean {
  return Buffer.from(base64, 'base64').toString('base64').replaceAll('=', '') === base64
}
