// Refreshes the page: asks for it again, and takes over the parts that changed. Without it, the page still works.

const every = 10_000;
const timeLimit = 8000;
const parts = ["verdict", "updated", "open", "up", "budgets", "timeline"];

/** Takes over what differs; where the reader is with the keyboard stays as it is. */
function update(fresh) {
  document.title = fresh.title;
  for (const id of parts) {
    const before = document.getElementById(id);
    const after = fresh.getElementById(id);
    if (!before || !after) throw new Error("not the status page");
    if (before.className !== after.className) before.className = after.className;
    if (before.innerHTML === after.innerHTML || before.contains(document.activeElement)) continue;
    before.replaceChildren(...after.childNodes);
  }
}

async function refresh() {
  const stale = document.getElementById("stale");
  try {
    const response = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(timeLimit) });
    if (!response.ok) throw new Error(String(response.status));
    update(new DOMParser().parseFromString(await response.text(), "text/html"));
    stale.hidden = true;
  } catch {
    // An old page that looks like a new one would be worse than none.
    stale.hidden = false;
  }
}

async function run() {
  // A page that nobody looks at asks for nothing.
  if (document.visibilityState === "visible") await refresh();
  setTimeout(run, every);
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") refresh();
});
setTimeout(run, every);
