/* Words of a directive as one text, and back: a word with blanks stands in quotes. */

export const textOf = words => words.map(word => /^[^\s"']+$/.test(word) ? word : word.includes('"') ? `'${word}'` : `"${word}"`).join(' ')

export const wordsOf = text => (text.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map(word => word.replace(/^(["'])(.*)\1$/, '$2'))

/* The path by which the API names a directive: names, and the first word of a block that has words. */
export const pathOf = (above, one) => `${above ? `${above}.` : ''}${one.name}${one.directives && one.words.length ? `[${one.words[0]}]` : ''}`
