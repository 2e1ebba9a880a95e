import { describe, expect, it } from 'vitest'
import { parseEnv, SettingsError } from './env.ts'

const byKeys = {
  issuer: 'https://id.example.com',
  audience: 'tasklane',
  jwksUrl: 'https://id.example.com/jwks',
  algorithms: ['EdDSA', 'ES256', 'RS256'],
}
const bySecret = {
  issuer: 'legacy',
  audience: 'tasks',
  secret: 'hbsZKk3dYPP0oUv5b0xRzOqPSoqSpt2EwHqvNwUTP1c=',
  algorithms: ['HS256'],
  default: true,
}

const read = (entries: unknown) => parseEnv({ TRUSTED_ISSUERS: JSON.stringify(entries) }).trustedIssuers

/** The lines that the variable is refused with. */
function refusalOf(text: string): string[] {
  try {
    parseEnv({ TRUSTED_ISSUERS: text })
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split('\n').slice(1)
    throw error
  }
  return ['accepted']
}

it('takes issuers with a key set and issuers with a secret', () => {
  expect(read([byKeys, bySecret])).toEqual([byKeys, bySecret])
  expect(read([])).toEqual([])
})

it.each([
  'http://localhost:3001/jwks',
  'http://127.0.0.1/jwks',
  'http://127.8.9.1:80/jwks',
  'http://[::1]:3/jwks',
])('takes keys without TLS from this machine: %s', (jwksUrl) =>
  expect(read([{ ...byKeys, jwksUrl }])).toHaveLength(1),
)

describe('refuses, naming the entry and the member', () => {
  const keys = 'entry 2, jwksUrl: Must be an https URL'
  const plain = 'Must be a text of 1 to 255 characters, none of them a control character'
  const rows: [string, object, string][] = [
    ['a missing issuer', { issuer: undefined }, `entry 2, issuer: ${plain}`],
    ['an empty issuer', { issuer: '' }, `entry 2, issuer: ${plain}`],
    ['a long issuer', { issuer: 'x'.repeat(256) }, `entry 2, issuer: ${plain}`],
    ['an issuer with NUL', { issuer: 'a\0b' }, `entry 2, issuer: ${plain}`],
    ['half a surrogate pair', { issuer: 'a\ud83d' }, `entry 2, issuer: ${plain}`],
    ['a missing audience', { audience: undefined }, `entry 2, audience: ${plain}`],
    ['a list of audiences', { audience: ['a'] }, `entry 2, audience: ${plain}`],
    ['a long audience', { audience: 'x'.repeat(256) }, `entry 2, audience: ${plain}`],
    ['no algorithms', { algorithms: undefined }, 'entry 2, algorithms: Must be a list'],
    ['an empty list of algorithms', { algorithms: [] }, 'entry 2, algorithms: Must name at least one'],
    ['the algorithm none', { algorithms: ['none'] }, 'entry 2, algorithms.0: Must be HS256, EdDSA'],
    ['another algorithm', { algorithms: ['EdDSA', 'PS256'] }, 'entry 2, algorithms.1: Must be HS256, EdDSA'],
    ['keys with HS256', { algorithms: ['HS256'] }, 'entry 2, algorithms: Must be of EdDSA, ES256 and RS256'],
    ['keys, also with HS256', { algorithms: ['ES256', 'HS256'] }, 'entry 2, algorithms: Must be of EdDSA'],
    [
      'a secret with ES256',
      { jwksUrl: undefined, secret: bySecret.secret, algorithms: ['HS256', 'ES256'] },
      'entry 2, algorithms: Must be ["HS256"] with secret',
    ],
    ['both kinds', { secret: bySecret.secret }, 'entry 2: Must have either jwksUrl or secret'],
    ['neither kind', { jwksUrl: undefined }, 'entry 2: Must have either jwksUrl or secret'],
    [
      'a short secret',
      { jwksUrl: undefined, secret: 'hunter2', algorithms: ['HS256'] },
      'entry 2, secret: Must have at least 32 bytes',
    ],
    [
      'a secret that everybody knows',
      { jwksUrl: undefined, secret: 'your-256-bit-secret-your-256-bit-secret', algorithms: ['HS256'] },
      'entry 2, secret: Is publicly known',
    ],
    ['keys without TLS', { jwksUrl: 'http://id.example.com/jwks' }, keys],
    ['keys of a host that only looks local', { jwksUrl: 'http://localhost.example.com/jwks' }, keys],
    ['keys with credentials', { jwksUrl: 'https://user:hunter2@id.example.com/jwks' }, keys],
    ['keys in a file', { jwksUrl: 'file:///etc/keys.json' }, keys],
    ['keys that are no text', { jwksUrl: 5 }, keys],
    ['a secret that is no text', { secret: 5, jwksUrl: undefined }, 'entry 2, secret: Must have at least 32'],
    ['keys nowhere', { jwksUrl: 'id.example.com' }, keys],
    ['the same issuer twice', { issuer: bySecret.issuer }, 'entry 2, issuer: Stands here twice'],
    ['a second default', { default: true }, 'entry 2, default: Must be true for one entry at most'],
    ['a default that is a text', { default: 'true' }, 'entry 2, default: Must be true or false'],
    ['an unknown member', { jwksUri: 'x' }, 'entry 2, jwksUri: Is unknown'],
    ['another unknown member', { __proto__: null, Issuer: 'x' }, 'entry 2, Issuer: Is unknown'],
  ]
  it.each(rows)('%s', (_what, wrong, start) => {
    const lines = refusalOf(JSON.stringify([bySecret, { ...byKeys, ...wrong }]))
    expect(lines).toEqual([expect.stringContaining(`  TRUSTED_ISSUERS: ${start}`)])
  })

  it.each(['https://id.example.com', '{', '{}', 'null', '"x"', '[', '[{"issuer":"hunter2"'])('%s', (text) => {
    const lines = refusalOf(text)
    expect(lines).toEqual([
      expect.stringContaining('  TRUSTED_ISSUERS: Must be a JSON array, such as [{"issuer"'),
    ])
    expect(lines.join()).not.toContain('hunter2')
  })

  it('an entry that is none, and each wrong member', () => {
    const lines = refusalOf(JSON.stringify([5, { ...byKeys, issuer: '', audience: '' }, null]))
    expect(lines).toEqual([
      '  TRUSTED_ISSUERS: entry 1: Must be an object',
      `  TRUSTED_ISSUERS: entry 2, issuer: ${plain}`,
      `  TRUSTED_ISSUERS: entry 2, audience: ${plain}`,
      '  TRUSTED_ISSUERS: entry 3: Must be an object',
    ])
  })
})
