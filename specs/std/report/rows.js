// Where rows come from: this page, or the server of `magnetc view`. Both answer alike:
//   page(filter, after, signal) -> {rows: [entry], next: number or null, total: number or null, share}
//   row(entry) -> the row as its file has it
//   facets() -> {facets: {facet: {value: count}}, share: how much of the rows it speaks of}
const PAGE = 60

class RowsInPage {
  constructor(packed) { this.packed = packed }

  async ready() {
    const bytes = Uint8Array.from(atob(this.packed), (character) => character.charCodeAt(0))
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))
    const {tools, rows} = await new Response(stream).json()
    this.tools = tools
    this.entries = rows.map((entry, number) => ({...entry, number}))
  }

  async facets() {
    const found = {}
    for (const {facets} of this.entries)
      for (const [facet, values] of Object.entries(facets))
        for (const value of values) {
          found[facet] ??= {}
          found[facet][value] = (found[facet][value] ?? 0) + 1
        }
    return {facets: found, share: 1}
  }

  async page(filter, after) {
    const wanted = Object.entries(filter.facets)
    const text = filter.text.toLowerCase()
    const fits = (entry) => wanted.every(([facet, value]) => entry.facets[facet]?.includes(value)) && (!text || this.words(entry).includes(text))
    const found = this.entries.filter(fits)
    const rows = found.slice(after, after + PAGE)
    return {rows, next: after + PAGE < found.length ? after + PAGE : null, total: found.length, share: 1}
  }

  words(entry) {
    return entry.words ??= searched(entry.id, entry.row).toLowerCase()
  }

  async row(entry) {
    return {...entry.row, id: entry.id, tools: entry.row.tools.map((number) => JSON.parse(this.tools[number]))}
  }

  async find(id) { return this.entries.find((entry) => entry.id === id) }
}

class RowsServed {
  async ready() {}

  async facets() {
    const {facets, share, whole} = await this.ask("/api/facets")
    return {facets, share: whole ? 1 : Math.min(share, 0.99)}
  }

  async page(filter, after, signal) {
    const query = new URLSearchParams({...filter.facets, text: filter.text, after, limit: PAGE})
    return this.ask(`/api/rows?${query}`, signal)
  }

  async row(entry) {
    const row = await this.ask(`/api/row/${entry.number}`)
    if (typeof row.tools === "string") row.tools = JSON.parse(row.tools)
    return row
  }

  async find(id) { return (await this.ask(`/api/find?${new URLSearchParams({id})}`)).row }

  async ask(url, signal) {
    const answer = await fetch(url, {signal})
    if (!answer.ok) throw new Error(await answer.text())
    return answer.json()
  }
}

// What a search looks through: the id, what is said and returned, names and arguments of calls. No text spans two of these.
function searched(id, row) {
  const messages = ["messages", "prompt", "chosen", "rejected"].flatMap((side) => row[side] ?? [])
  const said = messages.flatMap(({content, tool_calls}) => [
    textOf(content), ...(tool_calls ?? []).flatMap((call) => [call.function?.name ?? "", textOf(call.function?.arguments)])])
  return [id, ...said].join("\u0000")
}

function textOf(value) {
  return typeof value === "string" ? value : JSON.stringify(value ?? "")
}
