// A formula's input completes names: fields after {, functions after a letter. Arrows, Enter or Tab, Escape.
const input = (at) => at.closest?.("[data-formula]");
const list = (area) => area.parentElement.querySelector("[data-suggestions]");
const MOST = 6;

function words() {
  return [...document.querySelectorAll("[data-inserts]")].map((one) => ({ text: one.dataset.inserts, help: one.dataset.help ?? "" }));
}

// What stands before the caret and is not finished: `{Amo`, `ROU`; nothing inside a text.
function begun(area) {
  const before = area.value.slice(0, area.selectionStart);
  const texts = before.replace(/\\./g, "").match(/["']/g) ?? [];
  if (texts.length % 2) return "";
  return before.match(/\{[^{}]*$|[\p{L}_][\p{L}\p{N}_]*$/u)?.[0] ?? "";
}

function suggest(area) {
  const part = begun(area);
  const bare = part.replace("{", "").toLowerCase();
  const fits = (one) => (part.startsWith("{") ? one.text.startsWith("{") : true) && one.text.replace("{", "").toLowerCase().includes(bare);
  const begins = (one) => !one.text.replace("{", "").toLowerCase().startsWith(bare);
  const found = part ? words().filter(fits).sort((one, other) => begins(one) - begins(other)).slice(0, MOST) : [];
  const options = found.map((one, at) => {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.id = `suggestion-${at}`;
    item.dataset.takes = one.text;
    item.textContent = one.help || one.text;
    return item;
  });
  list(area).replaceChildren(...options);
  list(area).hidden = !options.length;
  choose(area, 0);
}

function choose(area, at) {
  const items = [...list(area).children];
  items.forEach((one, number) => one.setAttribute("aria-selected", String(number === at)));
  if (items[at]) area.setAttribute("aria-activedescendant", items[at].id);
  else area.removeAttribute("aria-activedescendant");
}

function insert(area, text, part) {
  const end = area.selectionStart;
  const closed = text.startsWith("{") && area.value[end] === "}" ? 1 : 0;
  area.setRangeText(text, end - part.length, area.selectionEnd + closed, "end");
  list(area).hidden = true;
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
  list(area).hidden = true;
}

document.addEventListener("input", (event) => {
  const area = input(event.target);
  if (area) suggest(area);
});

document.addEventListener("keydown", (event) => {
  const area = input(event.target);
  if (!area || list(area).hidden || event.isComposing) return;
  const items = [...list(area).children];
  const at = items.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose(area, (at + 1) % items.length);
  else if (event.key === "ArrowUp") choose(area, (at + items.length - 1) % items.length);
  else if (event.key === "Enter" || event.key === "Tab") insert(area, items[Math.max(at, 0)].dataset.takes, begun(area));
  else if (event.key === "Escape") list(area).hidden = true;
  else return;
  event.preventDefault();
  event.stopPropagation();
});

document.addEventListener("mousedown", (event) => {
  const item = event.target.closest("[data-takes]");
  if (!item) return;
  event.preventDefault();
  const area = item.closest(".formula-input").querySelector("[data-formula]");
  insert(area, item.dataset.takes, begun(area));
});

document.addEventListener("click", (event) => {
  const word = event.target.closest("[data-inserts]");
  const area = document.querySelector("[data-formula]");
  if (word && area) insert(area, word.dataset.inserts, "");
});

document.addEventListener("focusout", (event) => {
  const area = input(event.target);
  if (area) list(area).hidden = true;
});
