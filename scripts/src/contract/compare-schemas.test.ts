import { expect, it } from 'vitest'
import { compareSchemas } from './compare-schemas.ts'

const referTo = (name: string) => ({ $ref: `#/$defs/${name}` })

const tree = (label: object) => ({
  $defs: {
    Tree: {
      type: 'object',
      properties: { label, children: { type: 'array', items: referTo('Tree') } },
      required: ['label', 'children'],
      additionalProperties: false,
    },
  },
})

it('looks once at what refers to itself', () => {
  const [before, after] = [tree({ type: 'string' }), tree({ type: ['string', 'null'] })]
  const documents = { before, after, areAlike: false }
  const schemas = { before: referTo('Tree'), after: referTo('Tree') }
  expect(compareSchemas(schemas, { documents, direction: 'output', where: 'it' })).toEqual([
    { where: 'it.label', what: 'may be null now' },
  ])
  expect(compareSchemas(schemas, { documents, direction: 'input', where: 'it' })).toEqual([])
})

it('understands a choice that has itself among its members', () => {
  const before = { $defs: { Text: { anyOf: [referTo('Text'), { type: 'string' as const }] } } }
  const documents = { before, after: {}, areAlike: false }
  const schemas = { before: referTo('Text'), after: { type: 'integer' as const } }
  expect(compareSchemas(schemas, { documents, direction: 'input', where: 'it' })).toEqual([
    { where: 'it', what: 'takes string no longer' },
  ])
})

it('reads what all parts of a schema demand together', () => {
  const documents = { before: {}, after: {}, areAlike: true }
  const before = {
    allOf: [
      { type: 'object' as const, properties: { code: { enum: ['a', 'b', 'c'] } } },
      { properties: { code: { enum: ['b', 'c', 'd'] } }, required: ['code'] },
    ],
  }
  const after = { type: 'object' as const, properties: { code: { enum: ['b'] } }, required: ['code'] }
  expect(compareSchemas({ before, after }, { documents, direction: 'input', where: 'it' })).toEqual([
    { where: 'it.code', what: 'takes "c" no longer' },
  ])
})

it('says which reference leads nowhere', () => {
  const documents = { before: {}, after: {}, areAlike: false }
  const schemas = { before: referTo('Nobody'), after: true }
  expect(() => compareSchemas(schemas, { documents, direction: 'input', where: 'it' })).toThrow(
    'The contract has no #/$defs/Nobody',
  )
})
