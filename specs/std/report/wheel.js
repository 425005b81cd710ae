// The drawing of the graph: what a tool gives to and takes from; a choice lists its conversations.
class Wheel {
  constructor(drawing, said, browser) {
    Object.assign(this, {drawing, said, browser})
    this.chords = [...drawing.querySelectorAll(".chords path")]
    this.spokes = [...drawing.querySelectorAll(".spoke")]
    for (const spoke of this.spokes) {
      const {tool} = spoke.dataset
      for (const event of ["mouseenter", "focus"]) spoke.addEventListener(event, () => this.ask(tool))
      for (const event of ["mouseleave", "blur"]) spoke.addEventListener(event, () => this.forget())
      spoke.addEventListener("click", () => this.browser.only("tool", tool))
      spoke.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return
        event.preventDefault()
        this.browser.only("tool", tool)
        this.browser.list.focus({preventScroll: true})
      })
    }
  }

  ask(tool) {
    this.forget()
    const near = new Set()
    let gives = 0, takes = 0
    for (const chord of this.chords) {
      const {source, target} = chord.dataset
      if (source === tool) { chord.classList.add("gives"); near.add(target); gives += 1 }
      if (target === tool) { chord.classList.add("takes"); near.add(source); takes += 1 }
    }
    for (const spoke of this.spokes) {
      spoke.classList.toggle("near", near.has(spoke.dataset.tool))
      spoke.classList.toggle("self", spoke.dataset.tool === tool)
    }
    this.drawing.classList.add("asked")
    this.said.textContent = `${tool} gives to ${gives} and takes from ${takes}`
  }

  forget() {
    this.drawing.classList.remove("asked")
    for (const chord of this.chords) chord.classList.remove("gives", "takes")
    for (const spoke of this.spokes) spoke.classList.remove("near", "self")
    this.said.textContent = "\u00a0"
  }
}
