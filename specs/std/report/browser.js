// The list of rows, its filters, and the keys.
class Browser {
  constructor(rows) {
    this.rows = rows
    this.root = document.getElementById("conversations")
    this.form = document.getElementById("filters")
    this.list = document.getElementById("list")
    this.pane = document.getElementById("row")
    this.count = document.getElementById("count")
    this.help = document.getElementById("help")
    const {faults, operations} = this.root.dataset
    this.reader = new Reader(this.pane, document.getElementById("origin"), JSON.parse(faults), JSON.parse(operations))
    this.chosen = -1
    this.entries = []
    this.turn = 0
  }

  async start() {
    await this.rows.ready()
    await this.fill()
    this.form.addEventListener("input", () => { clearTimeout(this.waiting); this.waiting = setTimeout(() => this.search(), 120) })
    this.form.addEventListener("submit", (event) => event.preventDefault())
    this.form.addEventListener("reset", () => setTimeout(() => this.search()))
    this.list.addEventListener("click", ({target}) => { const option = target.closest(".option"); if (option) this.choose(Number(option.dataset.place)) })
    this.list.addEventListener("scroll", () => { if (this.list.scrollTop + this.list.clientHeight > this.list.scrollHeight - 400) this.more() })
    document.addEventListener("keydown", (event) => this.key(event))
    document.getElementById("keys").addEventListener("click", () => this.help.showModal())
    for (const link of document.querySelectorAll("[data-facet]")) link.addEventListener("click", () => this.only(link.dataset.facet, link.dataset.value))
    window.addEventListener("hashchange", () => this.follow())
    await this.search()
    await this.follow()
  }

  // Offers of each facet the values that rows have; what none has is not asked.
  async fill() {
    const {facets, share} = await this.rows.facets()
    this.facets = facets
    if (share < 1) setTimeout(() => this.fill(), 500)
    document.getElementById("indexed").textContent = share < 1 ? `${Math.floor(100 * share)} % of the rows are read so far` : ""
    if (share === 1 && this.unfinished) this.recount()
    for (const select of this.form.querySelectorAll("select")) {
      const values = Object.entries(this.facets[select.name] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
      const now = select.value
      if (select === document.activeElement) continue   // a list that is open stays as it is
      select.replaceChildren(el("option", {value: ""}, "any"), ...values.map(([value, count]) => el("option", {value}, `${value} (${count.toLocaleString("en")})`)))
      select.value = now in (this.facets[select.name] ?? {}) ? now : ""
      select.closest(".facet").hidden = values.length === 0
    }
  }

  get filter() {
    const chosen = [...this.form.querySelectorAll("select")].filter(({value}) => value).map(({name, value}) => [name, value])
    return {facets: Object.fromEntries(chosen), text: this.form.elements.text.value.trim()}
  }

  // Shows the rows with one value, whatever was asked before.
  async only(facet, value) {
    this.form.reset()
    const select = this.form.elements[facet]
    if (!(value in (this.facets[facet] ?? {}))) select.append(el("option", {value}, value))
    select.value = value
    this.root.scrollIntoView()
    await this.search()
  }

  async search() {
    clearTimeout(this.waiting)
    this.asking?.abort()
    this.asking = new AbortController()
    this.turn += 1
    for (const select of this.form.querySelectorAll("select")) select.classList.toggle("set", Boolean(select.value))
    this.next = 0
    this.entries = []
    this.chosen = -1
    this.list.replaceChildren()
    this.list.removeAttribute("aria-activedescendant")
    await this.more(true)
  }

  // The next rows of the list. Those of a search come as they are found.
  more(begin = false) {
    if (this.next !== null && (begin || this.loading !== this.turn)) this.pending = this.load()
    return this.pending
  }

  async load() {
    const turn = this.loading = this.turn
    const {signal} = this.asking
    const wanted = this.entries.length + 1
    try {
      do {
        const found = await this.rows.page(this.filter, this.next, signal)
        if (turn !== this.turn) return
        this.next = found.next
        this.append(found.rows)
        this.tell(found)
      } while (this.next !== null && this.entries.length < wanted)
    } catch (error) {
      if (error.name !== "AbortError" && turn === this.turn) this.count.textContent = `The rows cannot be read: ${error.message}`
    } finally {
      if (turn === this.turn) this.loading = 0
    }
  }

  append(entries) {
    const from = this.entries.length
    this.entries.push(...entries)
    this.list.append(...entries.map((entry, index) => this.option(entry, from + index)))
    this.paint()
  }

  option(entry, place) {
    const {facets} = entry
    const tags = [facets.path?.[0], facets.locale?.[0], entry.turns && `${entry.turns} turn${entry.turns === 1 ? "" : "s"}`, ...(facets.operation ?? [])].filter(Boolean)
    const last = el("div", {className: "tags"}, tags.join(" · "))
    if (facets.fault) last.prepend(el("span", {className: "fault"}, facets.fault[0], " "))
    return el("div", {className: "option", role: "option", id: `option-${place}`, data: {place}, "aria-selected": "false"},
      el("div", {className: "id"}, el("span", {}, entry.id), el("span", {}, (facets.partition?.[0] ?? "").split("/").pop())),
      el("div", {className: "says"}, entry.says), last)
  }

  tell({total, share}) {
    const shown = this.entries.length.toLocaleString("en")
    this.unfinished = total === null && this.next !== null
    if (total !== null) this.count.textContent = total ? `${total.toLocaleString("en")} row${total === 1 ? "" : "s"}` : "No row has all of that."
    else if (this.next === null) this.count.textContent = this.entries.length ? `${shown} row${this.entries.length === 1 ? "" : "s"}` : "No row has all of that."
    else this.count.textContent = this.filter.text ? `${shown} found in the first ${Math.ceil(100 * share)} % of the rows` : `${shown} rows and more`
  }

  // The count of what is shown, once it is known.
  async recount() {
    this.unfinished = false
    const {text} = this.filter
    if (text) return
    const turn = this.turn
    const {total} = await this.rows.page(this.filter, 0, this.asking.signal).catch(() => ({total: null}))
    if (turn === this.turn && total !== null) this.tell({total, share: 1})
  }

  async choose(place) {
    if (place < 0) return
    if (place >= this.entries.length) await this.more()
    const entry = this.entries[place]
    if (!entry) return
    this.list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false")
    const option = document.getElementById(`option-${place}`)
    option.setAttribute("aria-selected", "true")
    option.scrollIntoView({block: "nearest", behavior: "instant"})
    this.list.setAttribute("aria-activedescendant", option.id)
    this.chosen = place
    await this.open(entry)
  }

  async open(entry) {
    const turn = this.opening = Symbol()
    try {
      const row = await this.rows.row(entry)
      if (turn !== this.opening) return
      this.reader.show(entry, row)
      const first = this.paint()?.getBoundingClientRect()
      const pane = this.pane.getBoundingClientRect()
      if (first && first.bottom > pane.bottom) this.pane.scrollTop += first.top - pane.top - 120
      history.replaceState(null, "", `#row=${encodeURIComponent(entry.id)}`)
    } catch (error) {
      this.pane.replaceChildren(el("p", {className: "quiet empty"}, `The row cannot be shown: ${error.message}`))
    }
  }

  // Opens the row that the address names.
  async follow() {
    if (!location.hash.startsWith("#row=")) return
    const id = decodeURIComponent(location.hash.slice(5))
    if (this.entries[this.chosen]?.id === id) return
    const place = this.entries.findIndex((entry) => entry.id === id)
    if (place >= 0) await this.choose(place)
    else {
      const entry = await this.rows.find(id)
      if (entry) await this.open(entry)
    }
    this.root.scrollIntoView()
  }

  // Marks what was searched for, where the browser can; the first place of it.
  paint() {
    if (!CSS.highlights) return
    CSS.highlights.delete("found")
    const text = this.form.elements.text.value.trim().toLowerCase()
    if (!text) return
    const ranges = []
    const walker = document.createTreeWalker(this.pane, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      for (let at = node.data.toLowerCase().indexOf(text); at >= 0; at = node.data.toLowerCase().indexOf(text, at + text.length)) {
        const range = new Range()
        range.setStart(node, at)
        range.setEnd(node, Math.min(at + text.length, node.length))
        ranges.push(range)
      }
    CSS.highlights.set("found", new Highlight(...ranges))
    return ranges[0]
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.help.open) return
    const typing = event.target.matches("input, select, textarea")
    if (event.key === "Escape") { event.preventDefault(); return this.leave(event.target) }
    if (typing) {
      if (event.key === "Enter" || (event.key === "ArrowDown" && event.target.type === "search")) { event.preventDefault(); this.list.focus(); this.step(this.chosen < 0 ? 1 : 0) }
      return
    }
    const arrows = this.list === document.activeElement
    const actions = {
      j: () => this.step(1), k: () => this.step(-1), "/": () => this.form.elements.text.focus(), "?": () => this.help.showModal(), t: nextTheme,
      ...(arrows ? {ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1), Home: () => this.choose(0), End: () => this.choose(this.entries.length - 1), Enter: () => this.pane.focus()} : {}),
    }
    if (!(event.key in actions)) return
    event.preventDefault()
    actions[event.key]()
  }

  step(by) {
    const box = this.root.getBoundingClientRect()
    if (box.top > innerHeight - 200 || box.bottom < 200) this.root.scrollIntoView()
    if (!this.list.contains(document.activeElement)) this.list.focus({preventScroll: true})
    return this.choose(Math.max(0, this.chosen + by))
  }

  // One step back: from the row or the search to the list, there all filters.
  leave(target) {
    if (target === this.list) this.form.reset()
    else if (target === this.form.elements.text && target.value) { target.value = ""; this.search() }
    else this.list.focus({preventScroll: true})
  }
}
