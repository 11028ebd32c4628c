/* What the user has chosen: language and colours, kept by the browser; and what the page's address says. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

export const query = new URLSearchParams(location.search)

function kept(name) {
  try {
    return localStorage.getItem(`srs-console-${name}`)
  } catch {
    return null
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(`srs-console-${name}`, value)
  } catch { /* a browser that keeps nothing */ }
}

const LANGUAGES = ['en', 'zh']

export function firstLanguage() {
  const wanted = [query.get('lang'), kept('lang'), ...navigator.languages.map(tag => tag.slice(0, 2))]
  return wanted.find(tag => LANGUAGES.includes(tag)) ?? 'en'
}

export function keepLanguage(lang) {
  keep('lang', lang)
  document.documentElement.lang = lang
}

/* 'auto' follows the system. */
export const firstTheme = () => kept('theme') ?? 'auto'

export function keepTheme(theme) {
  keep('theme', theme)
  document.documentElement.dataset.theme = theme
}

export const Language = createContext('en')
export const useLanguage = () => useContext(Language)
