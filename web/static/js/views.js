// A view's page: ticked lines, the tab at hand in sight, a record's fields saved one by one.
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-ticks-all]")) return;
  for (const tick of event.target.closest("table").querySelectorAll("tbody .tick")) tick.checked = event.target.checked;
});

// With Shift all lines from the one ticked before.
let last = null;
document.addEventListener("click", (event) => {
  const tick = event.target.matches?.("tbody .tick") ? event.target : null;
  if (tick && event.shiftKey && last?.isConnected) {
    const ticks = [...tick.closest("tbody").querySelectorAll(".tick")];
    const [from, to] = [ticks.indexOf(last), ticks.indexOf(tick)].sort((a, b) => a - b);
    for (const one of ticks.slice(from, to + 1)) one.checked = tick.checked;
  }
  if (tick) last = tick;
  if (event.target.closest?.("[data-unticks]")) {
    for (const one of document.querySelectorAll(".grid .tick")) one.checked = false;
  }
});

const inSight = () => document.querySelector(".tabs-row [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
inSight();
document.addEventListener("htmx:after:settle", inSight);

// Of lines too: all say which they are, and only the one that was left and those still wrong what they hold.
function isToBeSent(form, name, left) {
  if (!name.includes(".") || /\.(id|place|gone)$/.test(name)) return true;
  const line = form.elements.namedItem(name);
  const its = (line?.closest ? line : line?.[0])?.closest("[data-line]");
  return its === left || Boolean(its?.querySelector(".wrong"));
}

// Of a record's form only the field that was left is sent, and those still wrong: what others changed meanwhile stays.
document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement, sourceEvent, request } = event.detail.ctx;
  if (!sourceElement.matches?.("[data-saves-fields]")) return;
  const left = sourceEvent?.target.closest?.("[data-field]");
  // Enter submits what leaving the field sends anyway, and what is searched for is not the field's value.
  if (!left || sourceEvent.target.type === "search") return event.preventDefault();
  const fields = [left, ...sourceElement.querySelectorAll("[data-field]:has(.wrong)")].map((field) => field.dataset.field);
  const line = sourceEvent.target.closest?.("[data-line]");
  for (const name of new Set(request.body.keys())) {
    if (name !== "form_token" && !(fields.includes(name.split(".")[0]) && isToBeSent(sourceElement, name, line))) request.body.delete(name);
  }
});

// A group's lines, and the groups in it, up to the next group of its level or a higher one.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-folds]");
  if (!button) return;
  const folded = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!folded));
  const head = button.closest("tr");
  for (let line = head.nextElementSibling; line && !(Number(line.dataset.level) <= Number(head.dataset.level)); line = line.nextElementSibling) {
    line.hidden = folded;
    if (!folded) line.querySelector("[data-folds]")?.setAttribute("aria-expanded", "true");
  }
});
