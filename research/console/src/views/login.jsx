import { useState } from 'preact/hooks'
import { logIn } from '../api.js'
import { useWords } from '../words.js'

export function Login({ onLogin, failed }) {
  const t = useWords()
  const [user, setUser] = useState(''), [password, setPassword] = useState('')
  function submit(event) {
    event.preventDefault()
    logIn(user, password)
    onLogin()
  }
  return (
    <form class="card login" onSubmit={submit}>
      <p>{t('loginWanted')}</p>
      <label>{t('user')} <input name="user" autocomplete="username" required value={user} onInput={event => setUser(event.target.value)} /></label>
      <label>{t('password')} <input name="password" type="password" autocomplete="current-password" value={password}
        onInput={event => setPassword(event.target.value)} /></label>
      <button type="submit" class="go">{t('login')}</button>
      {failed && <p class="error" role="alert">{t('loginWrong')}</p>}
    </form>
  )
}
