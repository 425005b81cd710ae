// Where the values of a conversation come from, as its certificate says it.

// One conversation: its messages in order, its calls and results by id, and how the certificate's names are shown in it.
class Side {
  constructor(messages, certificate, corresponds = {}) {
    this.messages = messages
    this.certificate = certificate ?? {}
    this.shown = this.certificate.shown ?? {}
    this.corresponds = corresponds
    this.renamed = new Map(Object.entries(corresponds).map(([own, chosen]) => [chosen, own]))
    this.calls = new Map()
    for (const message of messages) for (const call of message.tool_calls ?? []) this.calls.set(call.id, call)
    this.users = messages.filter((message) => message.role === "user")
    this.system = messages.find((message) => message.role === "system")
  }

  // The source of the value at a pointer into the arguments as they are shown.
  source(callId, pointer) {
    const entries = this.certificate.arguments?.[this.corresponds[callId] ?? callId] ?? {}
    return Object.entries(entries).find(([real]) => this.argument(real) === pointer)?.[1]
  }

  argument(pointer) {
    const [first, ...rest] = tokens(pointer)
    return pointerOf([this.shown.parameters?.[first] ?? first, ...rest])
  }

  // The id that a call of the certificate has on this side.
  own(callId) { return this.renamed.get(callId) ?? callId }

  result(pointer) {
    return pointerOf(tokens(pointer).map((token) => this.shown.results?.[token] ?? token))
  }
}

function tokens(pointer) {
  return pointer.split("/").slice(1).map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
}

function pointerOf(parts) {
  return parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
}

function kindOf(source) {
  return ["user", "system", "output"].find((kind) => source && kind in source) ?? "default"
}

const NECESSARY = {true: "; another value there changes what happens", context: "; no other value could be tried", false: "; the value also stands elsewhere, or changes nothing"}

// The places to light for a source, and a sentence that says it.
function placesOf(side, source) {
  switch (kindOf(source)) {
    case "user": {
      const places = [{message: side.users[source.user], said: source.said}]
      let told = `User turn ${source.user + 1} says “${source.said}”`
      if (source.resolved) {
        const call = side.own(source.resolved.call)
        places.push({call, at: side.result(source.resolved.by ?? "")}, {call, at: side.result(source.resolved.at ?? "")})
        told += `, which the result of ${call} says is this value`
      }
      if (source.again) told += "; it is also in a result"
      if (source.superseded) told += `; they took back “${source.superseded.said ?? source.superseded.value}”`
      return {places, told}
    }
    case "system":
      return {places: [{message: side.system, said: source.said}], told: `The system message shows “${source.said}” (${source.system})`}
    case "output": {
      const call = side.own(source.output)
      const name = side.calls.get(call)?.function?.name ?? call
      return {places: [{call, at: side.result(source.at)}], told: `The result of ${name} (${call}) at ${source.at}${NECESSARY[source.necessary] ?? ""}`}
    }
    default:
      return {places: [], told: "No source: the agent made this value up, or it is a slip"}
  }
}

// Where a reply has its values from: [said, place] in order, as they stand in the text.
function repliesOf(side, evidence) {
  return (evidence ?? []).map(({said, call, at}) => {
    const own = side.own(call)
    const inArguments = at.startsWith("#")
    const place = inArguments ? {call: own, argument: side.argument(at.slice(1))} : {call: own, at: side.result(at)}
    const name = side.calls.get(own)?.function?.name ?? own
    return {said, places: [place], told: `The ${inArguments ? "arguments" : "result"} of ${name} (${own}) at ${inArguments ? at.slice(1) : at}`}
  })
}
