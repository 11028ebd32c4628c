/* In place of the console in a frame of another page. */
import { Language, firstLanguage } from './settings.js'
import { useWords } from './words.js'

const Link = () => <p><a href={location.href} target="_blank" rel="noopener">{useWords()('framed')}</a></p>

export const Framed = () => <Language.Provider value={firstLanguage()}><Link /></Language.Provider>
