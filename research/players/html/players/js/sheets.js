/*
 * The small pictures of a stream's past (`sheet` of `snapshot`). A sheet has ten by ten tiles, one for each interval, and begins at a
 * multiple of a hundred intervals since 1970: so the tile of a moment is found without asking.
 */
const COLUMNS = 10, TILES = 100, WIDTH = 160, HEIGHT = 90
const KNOWN_MAX = 32

export class Sheets {
  /* template: the address of a sheet, with [timestamp] for its beginning */
  constructor(template, intervalMs) {
    this.template = template
    this.intervalMs = intervalMs
    this.known = new Map() /* address → promise of whether it is there */
  }

  /* The tile of a moment: the address of its sheet, and its place there. The newest sheet is asked for again with each tile. */
  tile(ms, newestMs) {
    const { intervalMs } = this, whole = TILES * intervalMs
    const begin = Math.floor(ms / whole) * whole, n = Math.floor((ms - begin) / intervalMs)
    const url = new URL(this.template.replaceAll('[timestamp]', begin), location.href)
    if (begin + whole > newestMs)
      url.searchParams.set('until', Math.floor(newestMs / intervalMs))
    return { url: url.href, x: n % COLUMNS * WIDTH, y: Math.floor(n / COLUMNS) * HEIGHT }
  }

  /* Show the tile in an element of its size; it is hidden if there is no sheet. */
  async show(element, tile) {
    element.dataset.wanted = tile.url
    const there = await this.load(tile.url)
    if (element.dataset.wanted !== tile.url)
      return
    element.hidden = !there
    element.style.background = there ? `url("${tile.url}") -${tile.x}px -${tile.y}px` : ''
  }

  load(url) {
    if (this.known.size > KNOWN_MAX)
      this.known.clear()
    if (!this.known.has(url))
      this.known.set(url, new Promise(resolve => {
        const image = new Image()
        image.onload = () => resolve(true)
        image.onerror = () => resolve(false)
        image.src = url
      }))
    return this.known.get(url)
  }
}
