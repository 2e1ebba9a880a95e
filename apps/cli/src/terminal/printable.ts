/** All that is no character to see. The two joiners are left: words and emoji are written with them. */
const unseen = /\p{Cc}|(?![\u200c\u200d])[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Text of unknown origin with nothing in it that a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(unseen, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** The same for JSON, which means the same afterwards. Line feeds stay: in JSON they stand between values only. */
export function printableJson(json: string): string {
  return json.replaceAll(unseen, (character) =>
    character === '\n' ? character : character.split('').map(escaped).join(''),
  )
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
