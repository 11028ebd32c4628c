/* What a frame of another page shows: a link that opens the console in a window of its own. */
import { Language, firstLanguage } from './settings.js'
import { useWords } from './words.js'

const Link = () => <p><a href={location.href} target="_blank" rel="noopener">{useWords()('framed')}</a></p>

export const Framed = () => <Language.Provider value={firstLanguage()}><Link /></Language.Provider>
