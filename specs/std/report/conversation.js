// A row as it is read: messages, calls, results; what is trained; for a pair, both sides.
const WHO = {system: "system", user: "user", assistant: "agent", tool: "result"}
const LONG = 90

function el(name, properties = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(properties))
    if (key === "data") Object.assign(made.dataset, value)
    else if (key in made && key !== "role") made[key] = value
    else made.setAttribute(key, value)
  made.append(...children.filter((child) => child !== null && child !== undefined))
  return made
}

class Reader {
  constructor(pane, said, faults, operations) {
    Object.assign(this, {pane, said, faults, operations, lit: []})
    for (const event of ["mouseover", "focusin"]) pane.addEventListener(event, ({target}) => this.point(target.closest(".arg")))
    pane.addEventListener("mouseleave", () => this.point(document.activeElement?.closest?.(".arg")))
    pane.addEventListener("focusout", () => this.point(null))
    pane.addEventListener("click", ({target}) => this.reveal(target.closest(".arg")))
    pane.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches(".arg")) this.reveal(event.target)
    })
  }

  show(entry, row) {
    this.dark()
    this.origins = new Map()
    const parts = [this.head(entry, row), row.messages ? this.whole(row) : this.pair(row), this.tools(row), this.certificate(row)]
    this.pane.replaceChildren(...parts.filter(Boolean))
    this.pane.scrollTop = 0
  }

  head(entry, row) {
    const tags = row.tags ?? {}
    const chips = [
      ...(entry.facets.partition ?? []), tags.path, tags.locale, tags.copy_of && `copy of ${tags.copy_of}`,
    ].filter(Boolean).map((text) => el("span", {className: "chip"}, text))
    for (const operation of tags.operations ?? [])
      chips.push(el("span", {className: "chip", title: this.operations[operation.split("@")[0]] ?? ""}, operation))
    const bits = [["bit", "trained"]]
    const dots = [["user", "from the user"], ["output", "from a result"], ["system", "from the system message"]]
    const legend = [...bits.map(([kind, text]) => el("span", {}, el("span", {className: kind}), text)),
      ...(row.certificate ? dots.map(([kind, text]) => el("span", {}, el("span", {className: `dot ${kind}`}), text)) : [])]
    const name = el("h3", {}, entry.id || "row")
    return el("header", {}, name, el("div", {className: "chips"}, ...chips), el("div", {className: "legend"}, ...legend))
  }

  whole(row) {
    const side = new Side(row.messages, row.certificate)
    return el("div", {}, ...this.messages(row.messages, side, 0, row.certificate?.replies))
  }

  pair(row) {
    const prompt = row.prompt ?? [], chosen = row.chosen ?? [], rejected = row.rejected ?? []
    const good = new Side([...prompt, ...chosen], row.certificate)
    const bad = new Side([...prompt, ...rejected], row.certificate, row.certificate?.corresponds)
    const fault = row.fault?.kind
    const sides = [["chosen", chosen, good, row.certificate?.replies], ["rejected", rejected, bad, row.certificate?.rejected_replies]].map(([name, messages, side, replies]) => {
      const note = name === "rejected" && fault ? `${fault}: ${this.faults[fault] ?? ""}` : ""
      const made = this.messages(messages, side, prompt.length, replies)
      if (name === "rejected" && fault) made[0]?.classList.add("fault")
      return el("section", {className: `side ${name}`, "aria-label": name}, el("h4", {}, name, " ", el("small", {}, note)), ...made)
    })
    this.differ(...sides)
    return el("div", {}, ...this.messages(prompt, good, 0, row.certificate?.replies),
      el("p", {className: "turned"}, fault ? `The sides part in user turn ${(row.fault.turn ?? 0) + 1}; the preference acts on messages with credit.` : "The sides part here."),
      el("div", {className: "sides"}, ...sides))
  }

  // Marks the arguments of the first message of a side that the other does not have.
  differ(one, other) {
    const first = (side) => [...(side.querySelector(".message")?.querySelectorAll(".call") ?? [])]
    const values = (side) => new Set(first(side).flatMap((call) => [call.dataset.name, ...[...call.querySelectorAll("[data-at]")].map((value) => `${call.dataset.name} ${value.dataset.at} ${value.textContent}`)]))
    const mark = (side, known) => {
      for (const call of first(side)) {
        if (!known.has(call.dataset.name)) call.querySelector(".name").classList.add("differs")
        for (const value of call.querySelectorAll("[data-at]"))
          if (known.has(call.dataset.name) && !known.has(`${call.dataset.name} ${value.dataset.at} ${value.textContent}`)) value.classList.add("differs")
      }
    }
    const [left, right] = [values(one), values(other)]
    mark(one, right)
    mark(other, left)
  }

  messages(messages, side, from, replies) {
    return messages.map((message, index) => this.message(message, side, replies?.[from + index]))
  }

  message(message, side, evidence) {
    const agent = message.role === "assistant"
    const trained = agent && (message.weight ?? 1) > 0
    const who = el("div", {className: "who"}, WHO[message.role] ?? String(message.role))
    if (agent && "weight" in message) who.append(el("small", {className: trained ? "" : "not"}, trained ? "trained" : "context"))
    if (message.credit) who.append(el("small", {className: "credit"}, "credit"))
    const body = el("div", {className: "body"})
    if (agent && message.reasoning_content) body.append(el("p", {className: "thought"}, String(message.reasoning_content)))
    if (message.tool_calls?.length) {
      if (message.content) body.append(el("p", {}, String(message.content)))
      body.append(...message.tool_calls.map((call) => this.call(call, side)))
    } else if (message.role === "tool") body.append(this.result(message, side))
    else if (agent && evidence?.length) body.append(...this.reply(String(message.content ?? ""), side, evidence))
    else body.append(String(message.content ?? ""))
    const state = agent && "weight" in message ? (trained ? " trained" : " context") : ""
    const made = el("div", {className: `message ${message.role}${state}`}, who, body)
    side.elements ??= new Map()
    side.elements.set(message, made)
    return made
  }

  call(call, side) {
    const given = parsed(call.function?.arguments)
    const name = call.function?.name ?? ""
    const made = el("div", {className: "call", data: {call: call.id ?? "", name}}, el("span", {className: "name"}, name), "(")
    if (given !== null && typeof given === "object" && !Array.isArray(given)) {
      const wide = JSON.stringify(given).length > LONG
      Object.entries(given).forEach(([key, value], index, all) => {
        made.append(...(wide ? ["\n  "] : []), el("span", {className: "key"}, `${key}=`), this.leaf(value, `/${escaped(key)}`, call.id, side), index < all.length - 1 ? ", " : wide ? "\n" : "")
      })
      made.style.whiteSpace = "pre-wrap"
    } else made.append(textOf(call.function?.arguments))
    made.append(")")
    return made
  }

  // A value given: what has a source of its own can be pointed at.
  leaf(value, pointer, callId, side) {
    const source = side.source(callId, pointer)
    if (!source && value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length) {
      const inner = Object.entries(value).flatMap(([key, each], index) => [index ? ", " : "", el("span", {className: "key"}, `${key}: `), this.leaf(each, `${pointer}/${escaped(key)}`, callId, side)])
      return el("span", {}, "{", ...inner, "}")
    }
    const made = el("span", {data: {at: pointer}}, JSON.stringify(value))
    return this.origin(made, kindOf(source), () => placesOf(side, source), side, Boolean(source) || Boolean(side.certificate.arguments))
  }

  origin(made, kind, places, side, known) {
    if (!known) return made
    made.classList.add("arg", kind)
    made.tabIndex = 0
    this.origins.set(made, {kind, places, side})
    return made
  }

  reply(text, side, evidence) {
    const parts = []
    let rest = text
    for (const {said, places, told} of repliesOf(side, evidence)) {
      const at = rest.indexOf(said)
      if (at < 0) continue
      parts.push(rest.slice(0, at), this.origin(el("span", {}, said), "output", () => ({places, told}), side, true))
      rest = rest.slice(at + said.length)
    }
    return [...parts, rest]
  }

  result(message, side) {
    const value = parsed(message.content)
    const made = el("div", {className: "result", data: {result: message.tool_call_id ?? ""}})
    made.style.whiteSpace = "pre-wrap"
    if (value === undefined) made.append(String(message.content ?? ""))
    else made.append(...tree(value, "", "", textOf(message.content).length > LONG))
    return made
  }

  tools(row) {
    const tools = (Array.isArray(row.tools) ? row.tools : []).map((tool) => tool?.function ?? tool)
    if (!tools.length) return null
    const listed = tools.flatMap((tool) => [el("dt", {}, `${tool.name}(${Object.keys(tool.parameters?.properties ?? {}).join(", ")})`), el("dd", {}, tool.description ?? "")])
    return el("details", {className: "inside"}, el("summary", {}, `${tools.length} tool${tools.length === 1 ? "" : "s"} offered`), el("dl", {}, ...listed))
  }

  certificate(row) {
    if (!row.certificate) return null
    const made = el("details", {className: "inside"}, el("summary", {}, "Certificate"))
    made.addEventListener("toggle", () => made.open && made.children.length < 2 && made.append(el("pre", {}, JSON.stringify(row.certificate, null, 1))))
    return made
  }

  // Lights the places that a value comes from.
  point(value) {
    if (value === this.pointed) return
    this.dark()
    const origin = value && this.origins.get(value)
    if (!origin) return
    const {places, told} = origin.places()
    this.pointed = value
    value.classList.add("lit", `${origin.kind}-lit`)
    value.setAttribute("aria-describedby", "origin")
    for (const place of places) this.light(place, origin)
    this.said.textContent = told
    this.said.hidden = false
  }

  light(place, {kind, side}) {
    if (place.message) {
      const body = side.elements.get(place.message)?.querySelector(".body")
      const text = body?.textContent ?? ""
      const at = place.said ? text.indexOf(place.said) : -1
      if (at < 0) return
      body.replaceChildren(text.slice(0, at), el("mark", {className: `${kind}-lit`}, place.said), text.slice(at + place.said.length))
      this.lit.push({element: body.querySelector("mark"), restore: () => body.replaceChildren(text)})
      return
    }
    // The sides of a pair may have calls of the same id.
    const where = [...side.elements.values()]
    const found = "argument" in place
      ? where.map((each) => each.querySelector(`[data-call="${CSS.escape(place.call)}"]`)).find(Boolean)?.querySelector(`[data-at="${CSS.escape(place.argument)}"]`)
      : where.map((each) => each.querySelector(`[data-result="${CSS.escape(place.call)}"]`)).find(Boolean)?.querySelector(`[data-at="${CSS.escape(place.at)}"]`)
    if (!found) return
    found.classList.add("lit-source", `${kind}-lit`)
    this.lit.push({element: found, restore: () => found.classList.remove("lit-source", `${kind}-lit`)})
    const box = found.closest(".result")
    if (box && box.scrollHeight > box.clientHeight) box.scrollTop = found.offsetTop - box.offsetTop - box.clientHeight / 2
  }

  dark() {
    for (const {restore} of this.lit) restore()
    this.lit = []
    if (this.pointed) {
      this.pointed.classList.remove("lit", "user-lit", "system-lit", "output-lit", "default-lit")
      this.pointed.removeAttribute("aria-describedby")
    }
    this.pointed = null
    this.said.hidden = true
  }

  // Scrolls to where a value comes from.
  reveal(value) {
    if (!value) return
    this.point(value)
    this.lit[0]?.element.scrollIntoView({block: "center"})
  }
}

function escaped(key) {
  return key.replaceAll("~", "~0").replaceAll("/", "~1")
}

function parsed(text) {
  if (typeof text !== "string") return text
  try { return JSON.parse(text) } catch { return undefined }
}

// JSON to read, each value at its pointer; what is short stays on a line.
function tree(value, pointer, indent, wide) {
  if (value === null || typeof value !== "object") return [el("span", {data: {at: pointer}}, JSON.stringify(value))]
  const isList = Array.isArray(value)
  const entries = Object.entries(value)
  const [open, close] = isList ? "[]" : "{}"
  const broken = wide && JSON.stringify(value).length > LONG
  const inner = entries.flatMap(([key, each], index) => [
    broken ? `\n${indent}  ` : index ? " " : "", isList ? "" : el("span", {className: "key"}, `${key}: `),
    ...tree(each, `${pointer}/${escaped(key)}`, `${indent}  `, wide), index < entries.length - 1 ? "," : ""])
  return [el("span", {data: {at: pointer}}, open, ...inner, broken && entries.length ? `\n${indent}` : "", close)]
}
