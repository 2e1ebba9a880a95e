import { dictionary } from '@zxcvbn-ts/language-common'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { testPassword } from '../testing.ts'
import { type PasswordOwner, refuseWeakPassword } from './password-rules.ts'

const rules = { lengthMin: 8, composition: true }

/** What the person reads; nothing when the password is taken. */
function refusalOf(password: string, owner: PasswordOwner = {}, own: Partial<typeof rules> = {}) {
  try {
    refuseWeakPassword(password, { ...rules, ...own }, owner)
    return undefined
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ reason: 'PASSWORD_TOO_WEAK', httpStatus: 422 })
    return (error as AppError).message
  }
}

const common = 'The password is too common'
const username = 'The password must not contain your username'
const emailName = 'The password must not contain your email name'

it.each([
  ['Abc1', 'at least 8 characters'],
  ['correct-horse-1', 'an upper-case letter'],
  ['CORRECT-HORSE-1', 'a lower-case letter'],
  ['Correct-Horse-x', 'a digit'],
  ['ünßç', 'at least 8 characters, an upper-case letter, a digit'],
])('names what is missing: %s needs %s', (password, parts) => {
  expect(refusalOf(password)).toBe(`The password needs ${parts}`)
})

it('takes the password of the tests, and letters and digits of any script', () => {
  expect(refusalOf(testPassword, { username: 'someone', email: 'user-1@example.com' })).toBeUndefined()
  expect(refusalOf('Ωραία-μέρα-٣')).toBeUndefined()
})

it('counts code points of the composed form', () => {
  expect(refusalOf('Äb1-ööö'.normalize('NFD'))).toContain('at least 8 characters')
  expect(refusalOf('Äb1-öööö'.normalize('NFD'))).toBeUndefined()
  expect(refusalOf('Ab1-🐎🐎🐎')).toContain('at least 8 characters')
  expect(refusalOf('Ab1-🐎🐎🐎🐎')).toBeUndefined()
})

it('asks for a length alone when composition is off', () => {
  expect(refusalOf('correct horse', {}, { composition: false })).toBeUndefined()
  expect(refusalOf('correct', {}, { composition: false })).toContain('at least 8 characters')
})

describe('a common password', () => {
  it.each([
    ['in any case', 'PassWord'],
    ['with a digit after it', 'Password1'],
    ['with digits and symbols after it', 'Password123!'],
    ['with symbols, then digits', 'Welcome!!2024'],
    ['that ends in digits itself', 'Qwerty123'],
    ['that ends in digits, with symbols after it', 'Abc12345!?'],
    ['of letters and digits', '1qaz2wsx3edc'],
    ['of letters and digits, with more after it', '1Qaz2wsx3edc#7'],
    ['that has symbols within', 'P@ssw0rd'],
    ['of digits alone', '12345678'],
  ])('is refused %s', (_what, password) => {
    expect(refusalOf(password, {}, { composition: false })).toBe(common)
  })

  it.each([
    ['digits that are not on the list, though those before them are', '12345678-83'],
    ['symbols alone', '!"§$%&/()='],
    ['a common word within', 'xPasswordx'],
    ['a common word before others', 'Password-of-Anna-7'],
  ])('does not take %s for one', (_what, password) => {
    expect(refusalOf(password, {}, { composition: false })).toBeUndefined()
  })

  it('is refused for each of the list, in any case and with anything but letters after it', () => {
    const anyOfTheList = fc.constantFrom(
      ...dictionary['passwords-common'].filter((word) => /\p{L}/u.test(word)),
    )
    const tail = fc.string({ unit: fc.constantFrom(...'0123456789!?#$ _-.'), maxLength: 6 })
    fc.assert(
      fc.property(anyOfTheList, tail, fc.boolean(), (word, end, isUpper) => {
        const password = (isUpper ? word.toUpperCase() : word) + end
        expect(refusalOf(password, {}, { lengthMin: 1, composition: false })).toBe(common)
      }),
      { numRuns: 2000 },
    )
  })
})

describe("the owner's name", () => {
  const owners = [
    { password: 'Zebra-Jonas-9', owner: { username: 'jonas' }, message: username },
    { password: 'zebra-JONAS-9', owner: { username: 'jonas' }, message: username },
    { password: 'Zebra-Jona-9', owner: { username: 'jona' }, message: username },
    { password: 'My.Jo.Bloggs-9', owner: { email: 'jo.bloggs@example.com' }, message: emailName },
    { password: 'ΣΑΣΑΣ-Zebra-9', owner: { email: 'σασας@example.com' }, message: emailName },
    { password: 'JÜRGEN-Zebra9', owner: { email: 'ju\u0308rgen@example.com' }, message: emailName },
  ]
  it.each(owners)('is refused within $password', ({ password, owner, message }) => {
    expect(refusalOf(password, owner)).toBe(message)
  })

  it.each([
    ['a name of three letters', 'Zebra-Ann-19', { username: 'ann', email: 'ann@example.com' }],
    ['the domain of the email', 'Zebra-Example-9', { email: 'anna@example.com' }],
    ['a part of the name', 'Zebra-Jona-9', { username: 'jonas' }],
    ['anything when there is no name', 'Zebra-undefined-null-9', { username: null, email: undefined }],
  ])('does not refuse %s', (_what, password, owner) => {
    expect(refusalOf(password, owner)).toBeUndefined()
  })
})

it('names every rule that failed', () => {
  const owner = { username: 'password', email: 'password@example.com' }
  expect(refusalOf('password', owner)).toBe(
    `The password needs an upper-case letter, a digit. ${common}. ${username}. ${emailName}`,
  )
})

it('does not call a password common that is too short anyhow', () => {
  expect(refusalOf('Abc1')).toBe('The password needs at least 8 characters')
  expect(refusalOf('Abc1', {}, { lengthMin: 4 })).toBe(common)
})
