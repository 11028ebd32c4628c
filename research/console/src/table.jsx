/* A short table. heads: keys of words. rows: a list of cells each, of which the first names the row. */
import { useWords } from './words.js'

export function Table({ heads, rows }) {
  const t = useWords()
  return (
    <div class="scroll">
      <table>
        <thead><tr>{heads.map(key => <th key={key}>{t(key)}</th>)}</tr></thead>
        <tbody>
          {rows.map(([first, ...rest], n) => <tr key={n}><th scope="row">{first}</th>{rest.map((cell, i) => <td key={i}>{cell}</td>)}</tr>)}
        </tbody>
      </table>
    </div>
  )
}
