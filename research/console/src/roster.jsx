/* A long list of the API with a filter, and sorted by a column if the user wants. */
import { useMemo, useState } from 'preact/hooks'
import { List, useRowHeight } from './list.jsx'
import { useWords } from './words.js'

const compare = (a, b) => typeof a === 'string' ? a.localeCompare(b) : a - b

/*
 * roll: what useRoll() returned. textOf(member): what the filter looks at, in lower case. columns: { name, text, cell(member) }, and
 * value(member) if the list can be sorted by it. children stand beside the filter.
 */
export function Roster({ roll, title, first, textOf, columns, className, empty, children }) {
  const t = useWords(), rowHeight = useRowHeight()
  const [filter, setFilter] = useState(first ?? ''), [sort, setSort] = useState(null)
  const { members, error } = roll, wanted = filter.trim().toLowerCase()
  const shown = useMemo(() => {
    const found = members?.filter(member => textOf(member).includes(wanted)) ?? []
    const value = columns.find(column => column.name === sort?.name)?.value
    return value ? found.toSorted((a, b) => (sort.isDown ? -1 : 1) * compare(value(a), value(b))) : found
  }, [members, wanted, sort])
  /* Once up, once down, and the order of arrival again. */
  const sortBy = name => setSort(sort?.name !== name ? { name, isDown: true } : sort.isDown ? { name, isDown: false } : null)
  const inOrder = !wanted && !sort

  return (
    <section class="card fill">
      <div class="bar">
        <h2>{title}</h2>
        <input type="search" value={filter} placeholder={t('filterHint')} aria-label={t('filter')} onInput={event => setFilter(event.target.value)} />
        {members && <span class="faint">{t('count', { shown: shown.length, total: members.length })}</span>}
        {children}
      </div>
      {error && <p class="error">{t('noAnswer', { detail: error.message })}</p>}
      {!members ? <p class="faint">{t('loading')}</p>
        : !shown.length ? <p class="faint">{wanted ? t('noMatch') : empty}</p>
          : <List items={shown} rowHeight={rowHeight} columns={columns} sort={sort} onSort={sortBy} className={className} label={title}
            look={inOrder ? roll.look : () => roll.look(null)} />}
    </section>
  )
}
