// What runs when the page is there.
showTheme(keptTheme())
document.getElementById("theme").addEventListener("click", nextTheme)

const packed = document.getElementById("packed")
const browser = new Browser(packed ? new RowsInPage(packed.textContent) : new RowsServed())
const drawing = document.getElementById("wheel")
if (drawing) new Wheel(drawing, document.getElementById("wheel-said"), browser)

const capped = document.getElementById("capped")
browser.start().then(() => {
  const seen = Number(capped.dataset.seen ?? 0)
  const here = browser.rows.entries?.length
  if (here !== undefined && here < seen) capped.textContent = `${here.toLocaleString("en")} rows drawn of ${seen.toLocaleString("en")}; magnetc view shows all`
  document.documentElement.dataset.ready = "yes"
}, (error) => {
  capped.textContent = `The rows cannot be unpacked: ${error.message}`
})

// The section that is read, in the bar at the top.
const links = new Map([...document.querySelectorAll(".top nav a[href^='#']")].map((link) => [link.getAttribute("href").slice(1), link]))
const watch = new IntersectionObserver((seen) => {
  for (const {target, isIntersecting} of seen)
    if (isIntersecting) for (const [id, link] of links) id === target.id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")
}, {rootMargin: "-15% 0px -75% 0px"})
for (const section of document.querySelectorAll("main > section[id]")) watch.observe(section)

// On paper nothing can be opened.
let opened = []
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("main > section:not(.browser) details:not([open])")]
  for (const each of opened) each.open = true
})
addEventListener("afterprint", () => { for (const each of opened) each.open = false })
