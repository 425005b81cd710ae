// Colours: as the system has them, or as the reader wants them.
const THEMES = {auto: ["◐", "as the system has them"], light: ["○", "light"], dark: ["●", "dark"]}

function showTheme(name) {
  const button = document.getElementById("theme")
  const [sign, said] = THEMES[name]
  if (name === "auto") delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = name
  button.textContent = sign
  button.setAttribute("aria-label", `Colours: ${said}`)
  button.title = `Colours: ${said} (t)`
}

function nextTheme() {
  const names = Object.keys(THEMES)
  const now = document.documentElement.dataset.theme ?? "auto"
  const next = names[(names.indexOf(now) + 1) % names.length]
  showTheme(next)
  try { localStorage.setItem("magnetc-theme", next) } catch { /* a page in a file may keep nothing */ }
}

function keptTheme() {
  try {
    const kept = localStorage.getItem("magnetc-theme")
    return kept in THEMES ? kept : "auto"
  } catch { return "auto" }
}
