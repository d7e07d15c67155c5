// Toasts leave by themselves, later while one points at them; Ctrl-Z presses the newest Undo. "Saving" and "Saved" stand
// in one place.
const LIFE = 8000;
const box = document.getElementById("toasts");

function watch(toast) {
  let timer = setTimeout(() => toast.remove(), LIFE);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), LIFE / 2)));
}

box?.querySelectorAll("[data-toast]").forEach(watch);
new MutationObserver((records) => {
  for (const record of records) for (const node of record.addedNodes) if (node.matches?.("[data-toast]")) watch(node);
}).observe(box, { childList: true, subtree: true });

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-closes-toast]")) event.target.closest("[data-toast]").remove();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
  if (event.target.matches?.("input, textarea, select, [contenteditable]")) return;
  // An undo's address ends with the id of what it takes back, and ids grow with time.
  const newest = (one, other) => (one.form.action < other.form.action ? -1 : 1);
  const undo = [...document.querySelectorAll("[data-undo]")].sort(newest).pop();
  if (undo) {
    event.preventDefault();
    undo.click();
  }
});

const saving = document.getElementById("saving");
const writes = (event) => !["GET", "QUERY"].includes(event.detail.ctx?.request?.method ?? "GET");
let clearing;

function say(word) {
  if (!saving) return;
  clearTimeout(clearing);
  saving.textContent = saving.dataset[word] ?? "";
  if (word === "saved") clearing = setTimeout(() => (saving.textContent = ""), 2500);
}

document.addEventListener("htmx:before:request", (event) => writes(event) && say("saving"));
document.addEventListener("htmx:after:request", (event) => {
  if (writes(event)) say(event.detail.ctx.response.status < 400 ? "saved" : "failed");
});
document.addEventListener("htmx:error", (event) => event.detail.ctx && writes(event) && say("failed"));
