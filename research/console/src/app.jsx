/* The frame of the console: navigation, language, colours, login, and the view that the part after # names. */
import { useEffect, useState } from 'preact/hooks'
import { isLoggedIn, logOut } from './api.js'
import { useFigures } from './figures.js'
import { Language, firstLanguage, firstTheme, keepLanguage, keepTheme } from './settings.js'
import { useWords } from './words.js'
import { Bans } from './views/bans.jsx'
import { Clients } from './views/clients.jsx'
import { Config } from './views/config.jsx'
import { Connect } from './views/connect.jsx'
import { Doctor } from './views/doctor.jsx'
import { Events } from './views/events.jsx'
import { Jobs } from './views/jobs.jsx'
import { Login } from './views/login.jsx'
import { Logs } from './views/logs.jsx'
import { Overview } from './views/overview.jsx'
import { Stream } from './views/stream.jsx'
import { Streams } from './views/streams.jsx'
import { Vhosts } from './views/vhosts.jsx'

/* The names are those of SRS's console, so that its links lead to the same view. */
const VIEWS = [['summaries', 'overview', Overview], ['streams', 'streams', Streams], ['clients', 'clients', Clients], ['bans', 'bans', Bans], ['vhosts', 'vhosts', Vhosts], ['jobs', 'jobs', Jobs],
  ['connect', 'connect', Connect], ['doctor', 'doctor', Doctor],
  ['events', 'events', Events], ['logs', 'log', Logs], ['configs', 'config', Config]]

/* #/streams/ID?filter=… is { name: 'streams', id: 'ID', parameters }. */
function placeOf(hash) {
  const [path, parameters] = hash.replace(/^#\/?/, '').split('?')
  const [name, id] = path.split('/')
  return { name, id: id || null, parameters: new URLSearchParams(parameters) }
}

function usePlace() {
  const [place, setPlace] = useState(placeOf(location.hash))
  useEffect(() => {
    const changed = () => setPlace(placeOf(location.hash))
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return place
}

export function App() {
  const [lang, setLang] = useState(firstLanguage)
  useEffect(() => keepLanguage(lang), [lang])
  return <Language.Provider value={lang}><Frame lang={lang} setLang={setLang} /></Language.Provider>
}

function Frame({ lang, setLang }) {
  const t = useWords(), place = usePlace(), figures = useFigures()
  const [theme, setTheme] = useState(firstTheme)
  const [name, key, View] = VIEWS.find(view => view[0] === place.name) ?? VIEWS[0]
  const { error, now } = figures
  useEffect(() => keepTheme(theme), [theme])
  useEffect(() => { document.title = `${t(key)} – ${t('title')}` })

  return (
    <>
      <header>
        <h1>SRS {now && <small>{now.self.version}</small>}</h1>
        <nav aria-label={t('views')}>
          {VIEWS.map(([to, word]) => <a key={to} href={`#/${to}`} aria-current={to === name ? 'page' : undefined}>{t(word)}</a>)}
        </nav>
        <div class="choices">
          <select aria-label={t('theme')} value={theme} onChange={event => setTheme(event.target.value)}>
            {[['auto', 'themeAuto'], ['light', 'themeLight'], ['dark', 'themeDark']].map(([value, word]) => <option key={value} value={value}>{t(word)}</option>)}
          </select>
          <select aria-label={t('language')} value={lang} onChange={event => setLang(event.target.value)}>
            <option value="en">English</option>
            <option value="zh">中文</option>
          </select>
          {isLoggedIn() && <button type="button" onClick={() => { logOut(); location.reload() }}>{t('logout')}</button>}
        </div>
      </header>
      <main>
        {error && error.kind !== 'login' && <p class="error" role="alert">{t(now ? 'noAnswer' : 'noApi', { detail: error.message })}</p>}
        {error?.kind === 'login' ? <Login onLogin={figures.again} failed={isLoggedIn()} />
          : place.name === 'streams' && place.id ? <Stream key={place.id} id={place.id} />
            : (now || error) ? <View figures={figures} parameters={place.parameters} /> : <p class="faint">{t('loading')}</p>}
      </main>
    </>
  )
}
