/* A chart of some series over time, by uPlot. Colours come from the style sheet. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { timeOfDay } from './format.js'
import { useLanguage } from './settings.js'

const HEIGHT = 140

function make(place, series, show) {
  const colour = name => getComputedStyle(place).getPropertyValue(name)
  const axis = { stroke: () => colour('--faint'), grid: { stroke: () => colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' }
  return new uPlot({
    width: place.clientWidth || 300,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (u, min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, values: (u, splits) => splits.map(s => timeOfDay(s * 1000)), space: 70, size: 28 },
      { ...axis, values: (u, splits) => splits.map(show), size: 72 },
    ],
    series: [
      { label: '', value: (u, s) => s === null ? '–' : timeOfDay(s * 1000) },
      ...series.map((name, i) => ({
        label: name, width: 2, stroke: () => colour(`--series-${i}`), points: { show: false }, value: (u, n) => n === null || n === undefined ? '–' : show(n),
      })),
    ],
  }, [[], ...series.map(() => [])], place)
}

/* data: [times in s, values, values …]; series: the names of the values; show(n): a value as text. */
export function Chart({ data, series, show, label }) {
  const place = useRef(), plot = useRef(), lang = useLanguage()

  useLayoutEffect(() => {
    const box = place.current
    plot.current = make(box, series, show)
    const resize = new ResizeObserver(() => plot.current.setSize({ width: box.clientWidth, height: HEIGHT }))
    resize.observe(box)
    /* Canvases do not follow the style sheet by themselves. */
    const recolour = () => plot.current.redraw(false, true)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', recolour)
    const theme = new MutationObserver(recolour)
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      resize.disconnect()
      theme.disconnect()
      dark.removeEventListener('change', recolour)
      plot.current.destroy()
    }
  }, [lang])

  useLayoutEffect(() => plot.current.setData(data), [data, lang])

  return <div class="chart" ref={place} role="img" aria-label={label} />
}
