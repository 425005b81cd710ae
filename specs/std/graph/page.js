// What the page of a graph does when it is touched. It runs with: nodes, edges, arrows (column data), edge_filter, arrow_filter,
// kinds, origins, sure, search (widgets), panel, x_range, y_range, event, FAINT, OPACITY and LABELS.
const {name, description, category, order, x, y} = nodes.data
const {source, target, kind, origin, confidence, values} = edges.data

if (event === "search") {
  const wanted = search.value.toLowerCase()
  const exact = name.indexOf(search.value)
  const found = exact >= 0 || !wanted ? exact : Array.from(name).findIndex((each) => each.toLowerCase().includes(wanted))
  if (found < 0) return
  nodes.selected.indices = [found]
  const wide = (x_range.end - x_range.start) / 2, high = (y_range.end - y_range.start) / 2
  x_range.setv({start: x[found] - wide, end: x[found] + wide})
  y_range.setv({start: y[found] - high, end: y[found] + high})
  return
}

const dark = matchMedia("(prefers-color-scheme: dark)")
if (event === "ready") dark.addEventListener("change", () => { nodes.data.ink = ink(); nodes.change.emit() })
const ink = () => Array.from(name, () => dark.matches ? "#e8e8e8" : "#1c1c1c")

const chosen = nodes.selected.indices.length ? nodes.selected.indices[0] : -1
const allowed = (group) => new Set(group.active.map((index) => group.labels[index]))
const [kinds_on, origins_on] = [allowed(kinds), allowed(origins)]
const shown = kind.map((each, i) => kinds_on.has(each) && confidence[i] >= sure.value && origin[i].split("+").some((o) => origins_on.has(o)))
const touches = (i) => name[chosen] === source[i] || name[chosen] === target[i]

if (event !== "range") {
  edge_filter.booleans = shown
  arrow_filter.booleans = shown
  const alpha = shown.map((_, i) => chosen < 0 ? OPACITY : touches(i) ? 1 : FAINT)
  edges.data.alpha = alpha
  arrows.data.alpha = alpha
  edges.change.emit()
  arrows.change.emit()
}

const near = new Set(chosen < 0 ? name : [name[chosen]])
if (chosen >= 0) shown.forEach((is_shown, i) => { if (is_shown && touches(i)) near.add(source[i]).add(target[i]) })
const in_view = (i) => x[i] >= x_range.start && x[i] <= x_range.end && y[i] >= y_range.start && y[i] <= y_range.end
const visible = name.map((_, i) => i).filter(in_view).sort((a, b) => order[a] - order[b])
const named = new Set(visible.slice(0, LABELS))
nodes.data.alpha = Array.from(name, (each) => near.has(each) ? 1 : 2 * FAINT)
nodes.data.label_alpha = Array.from(name, (each, i) => chosen >= 0 && near.has(each) || chosen < 0 && named.has(i) ? 1 : 0)
nodes.data.ink = ink()
nodes.change.emit()

if (event !== "range") {
  const plain = (text) => { const box = document.createElement("i"); box.textContent = text; return box.innerHTML }
  const line = (i, other) => `<li><b>${plain(other)}</b> ${plain(kind[i])}, ${plain(origin[i])}, ${confidence[i]}`
    + `<br><small>${plain(values[i])}</small></li>`
  const list = (title, end, other) => {
    const found = shown.map((_, i) => i).filter((i) => shown[i] && end[i] === name[chosen])
    return `<h3>${title} ${found.length}</h3><ul>${found.map((i) => line(i, other[i])).join("")}</ul>`
  }
  panel.text = chosen < 0 ? `<p>${shown.filter(Boolean).length} edges shown. Click a tool for its neighbours.</p>`
    : `<h2>${plain(name[chosen])}</h2><p>${plain(category[chosen])}</p><p>${plain(description[chosen])}</p>`
      + list("may follow it:", source, target) + list("it may follow:", target, source)
}
