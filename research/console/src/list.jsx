/* A long list with rows of one height. Only the rows on the screen are in the document. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

const SPARE = 6 /* rows above and below the screen */

/*
 * items: { id, … }. columns: { name, text, cell(item) }, with a value if the list can be sorted by it. look(from, to) hears which items
 * are on the screen. sort: { name, isDown } or null. `className` sets the grid.
 */
export function List({ items, rowHeight, columns, sort, onSort, look, className, label }) {
  const box = useRef()
  const [range, setRange] = useState([0, 40])

  function measure() {
    const { scrollTop, clientHeight } = box.current
    const from = Math.max(0, Math.floor(scrollTop / rowHeight) - SPARE)
    const to = Math.ceil((scrollTop + clientHeight) / rowHeight) + SPARE
    setRange(old => old[0] === from && old[1] === to ? old : [from, to])
  }

  useLayoutEffect(() => {
    measure()
    const observer = new ResizeObserver(() => box.current && measure())
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [rowHeight])

  const from = Math.min(range[0], Math.max(0, items.length - 1)), to = Math.min(range[1], items.length)
  useLayoutEffect(() => look?.(from, to), [from, to, look])

  return (
    <div class={`list ${className}`} role="table" aria-label={label} aria-rowcount={items.length + 1}>
      <div class="row head" role="row" aria-rowindex={1}>
        {columns.map(({ name, text, value }) => (
          <span key={name} class={`cell ${name}`} role="columnheader"
            aria-sort={sort?.name === name ? (sort.isDown ? 'descending' : 'ascending') : undefined}>
            {value ? <button type="button" onClick={() => onSort(name)}>{text}</button> : text}
          </span>
        ))}
      </div>
      <div class="box" ref={box} onScroll={measure} tabIndex={0} role="rowgroup">
        <div class="whole" style={{ height: `${items.length * rowHeight}px` }}>
          <div style={{ transform: `translateY(${from * rowHeight}px)` }}>
            {items.slice(from, to).map((item, i) => (
              <div key={item.id} class="row" role="row" aria-rowindex={from + i + 2} style={{ height: `${rowHeight}px` }}>
                {columns.map(({ name, cell }) => <span key={name} class={`cell ${name}`} role="cell">{cell(item)}</span>)}
              </div>
            ))}
          </div>
        </div>
      </div>
    </div>
  )
}

/* The height of a row, which has two lines on a phone. */
export function useRowHeight() {
  const narrow = useRef(matchMedia('(max-width: 44rem)')).current
  const [isNarrow, setNarrow] = useState(narrow.matches)
  useLayoutEffect(() => {
    const changed = () => setNarrow(narrow.matches)
    narrow.addEventListener('change', changed)
    return () => narrow.removeEventListener('change', changed)
  }, [])
  return isNarrow ? 72 : 40
}
