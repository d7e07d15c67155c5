// The grid's keys and its cell editors. A cell's editor is a template of the page; what was typed is posted, the answer is
// the whole line (what is computed from the cell may have changed too), or what is wrong with it, shown at the cell.
const typed = (target) => target.matches?.("input, textarea, select, [data-several]");
const cellOf = (target) => target.closest?.(".grid td.cell");
const head = (cell) => cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
const lines = (cell) => [...cell.closest("tbody").querySelectorAll("tr[id]")];
let open = null; // {cell, field, form, kept: what the cell showed, before: the value it had, saving: the promise of that}
let waiting = null; // {start: what is typed for the next editor while the last one is saved}
let turn = Promise.resolve(); // what is saved goes one after the other, since each answer brings a whole line anew

function go(cell, down, right) {
  const rows = lines(cell);
  const row = rows[Math.min(Math.max(rows.indexOf(cell.parentElement) + down, 0), rows.length - 1)];
  const cells = row.querySelectorAll("td.cell");
  const place = [...cell.parentElement.querySelectorAll("td.cell")].indexOf(cell) + right;
  focus(cells[Math.min(Math.max(place, 0), cells.length - 1)]);
}

function focus(cell) {
  const grid = cell.closest(".grid");
  grid.querySelector("td.cell[tabindex='0']")?.setAttribute("tabindex", "-1");
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

async function edit(cell, start = null) {
  if (waiting) return void (start && (waiting.start = (waiting.start ?? "") + start));
  if (!open) return begin(cell, start);
  waiting = { start };
  const now = await left(cell);
  ({ start } = waiting);
  waiting = null;
  if (now) begin(now, start);
}

function begin(cell, start) {
  const field = head(cell).dataset.field;
  if (!("editable" in head(cell).dataset)) return openRecord(cell);
  if (head(cell).dataset.input === "link") return editLink(cell, field);
  const template = document.querySelector(`template[data-editor="${field}"]`);
  if (!template) return openRecord(cell);
  const form = template.content.firstElementChild.cloneNode(true);
  const several = form.querySelector("[data-several]");
  const input = several ?? form.querySelector("[name='" + field + "']:not([type=hidden])");
  const value = cell.dataset.value ?? cell.textContent.trim();
  if (form.dataset.ways) keepWays(input, JSON.parse(form.dataset.ways)[value] ?? [], value);
  if (input.type === "checkbox") return save(cell, field, value === "yes" ? "no" : "yes");
  const kept = [...cell.childNodes];
  cell.replaceChildren(form);
  const chosen = (several?.querySelector("[type=radio]") ? start ?? value : value).split(",");
  if (several) for (const box of several.querySelectorAll("[type=checkbox], [type=radio]")) box.checked = chosen.includes(box.value);
  else input.value = start ?? value;
  opened(cell, field, form, kept, value);
  input.focus();
  if (start === null && input.select) input.select();
  input.showPicker && input.matches("select") && attempt(() => input.showPicker());
}

// The cell once another's editor, which was left for it, is saved; none where that stays open, since it was refused.
async function left(cell) {
  const [line, place] = [cell.parentElement.id, cell.cellIndex];
  return (await (open.saving ?? submit())) ? document.getElementById(line)?.cells[place] : null;
}

// Of a state's choices only those that may follow the one that the cell holds.
function keepWays(input, ways, value) {
  for (const option of [...input.options]) if (option.value !== value && !ways.includes(option.value)) option.remove();
}

function opened(cell, field, form, kept, before) {
  open = { cell, field, kept, form, before };
  cell.classList.add("is-open");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", keysInside);
  form.addEventListener("change", (event) => event.target.matches("select") && submit()); // chosen is done
  form.addEventListener("focusout", () => setTimeout(() => open?.form === form && form.isConnected && !form.contains(document.activeElement) && submit()));
}

// A link's editor names records that this page does not know, so the server draws it.
async function editLink(cell, field) {
  const kept = [...cell.childNodes];
  const [path, query = ""] = cell.closest("[data-grid]").dataset.save.replace("{id}", cell.parentElement.id).split("?");
  await htmx.ajax("GET", `${path}/${field}?${query}`, { source: cell, target: cell, swap: "innerHTML", headers: { "HX-Target": "td#editor" } });
  const form = cell.querySelector("form");
  if (!form) return;
  opened(cell, field, form, kept, chosenIn(form));
  form.addEventListener("change", () => form.querySelector("[data-many=no]") && chosenIn(form) !== open?.before && submit());
  form.querySelector("input[type=search]").focus();
}

const chosenIn = (form) => [...form.querySelectorAll("[data-chosen] input")].map((one) => one.value).join(",");
const tickedIn = (several) => [...several.querySelectorAll(":checked")].map((one) => one.value).join(",");
function valueIn(form, field) {
  const several = form.querySelector("[data-several]");
  if (several) return tickedIn(several);
  return form.matches(".is-link") ? chosenIn(form) : form.querySelector(`[name="${field}"]:not([type=hidden])`).value;
}

function attempt(act) {
  try { act(); } catch { /* the browser opens pickers only after a real key or click */ }
}

function keysInside(event) {
  event.stopPropagation();
  const { cell } = open ?? {};
  if (!cell) return;
  if (event.key === "Escape") {
    event.preventDefault();
    close();
    focus(cell);
  } else if (event.key === "Enter" && !event.shiftKey) {
    if (event.target.matches("option")) return; // chooses it
    event.preventDefault();
    submit(1, 0);
  } else if (event.key === "Tab") {
    event.preventDefault();
    submit(0, event.shiftKey ? -1 : 1);
  }
}

// Put back what the cell showed.
function close() {
  if (!open) return;
  const { cell, kept } = open;
  open = null;
  cell.classList.remove("is-open");
  cell.replaceChildren(...kept);
}

// Save what was typed, and go on from the cell; false when it was refused and the editor stays.
function submit(down = 0, right = 0) {
  if (!open || open.saving) return open?.saving;
  return (open.saving = submitted(open, down, right));
}

async function submitted(editor, down, right) {
  const { field, form, before } = editor;
  const value = valueIn(form, field);
  const [line, place] = [editor.cell.parentElement.id, editor.cell.cellIndex];
  if (value !== before && !(await save(editor.cell, field, value))) {
    editor.saving = null;
    form.querySelector("input:not([type=hidden]), select, textarea").focus();
    return false;
  }
  if (open === editor) close();
  const now = document.getElementById(line)?.cells[place];
  if (now && [now, document.body].includes(document.activeElement)) go(now, down, right); // nobody went elsewhere meanwhile
  return true;
}

// Post one value; true when the server took it.
function save(cell, field, value) {
  const [line, place] = [cell.parentElement.id, cell.cellIndex];
  turn = turn.then(() => post(line, place, field, value)).catch(() => false);
  return turn;
}

async function post(id, place, field, value) {
  const line = document.getElementById(id);
  const cell = line?.cells[place];
  const to = cell?.closest("[data-grid]").dataset.save;
  if (!to) return false;
  let [status, held] = [0, null];
  const watch = (event) => {
    status = event.detail.ctx?.response?.status ?? 0;
    held = line.contains(document.activeElement) ? document.activeElement : null;
  };
  const wrong = document.getElementById("cell-error");
  cell.addEventListener("htmx:after:request", watch);
  line.classList.add("is-saving");
  const number = line.querySelector(".number").textContent;
  await htmx.ajax("POST", to.replace("{id}", id), { source: cell, target: line, swap: "outerHTML", values: { [field]: value }, headers: { "HX-Target": "tr#line" } });
  line.classList.remove("is-saving");
  cell.removeEventListener("htmx:after:request", watch);
  if (wrong) wrong.hidden = status !== 422;
  if (status < 200 || status >= 300) return false;
  const now = document.getElementById(id);
  if (!now) return true;
  now.querySelector(".number").textContent ||= number; // a line alone does not know its place
  if (open?.cell === cell) open = null;
  if (open && open.cell.parentElement === line) takeAlong(now);
  if (!held || document.activeElement !== document.body) return true; // somebody went on elsewhere meanwhile
  if (held.isConnected) held.focus();
  else focus(now.cells[held.closest("td").cellIndex]);
  return true;
}

// Somebody already types into another cell of a line that came anew: the editor stays.
function takeAlong(line) {
  const cell = line.cells[open.cell.cellIndex];
  open.kept = [...cell.childNodes];
  cell.replaceChildren(open.form);
  cell.classList.add("is-open");
  open.cell = cell;
  htmx.process(cell);
}

function openRecord(cell) {
  cell.parentElement.querySelector("a[data-opens-panel]")?.click();
}

// A range runs from the cell where Shift was first held to the one with the focus.
let anchor = null;
function range(cell) {
  if (!anchor?.isConnected) return [[cell]];
  const rows = lines(cell);
  const [top, bottom] = [rows.indexOf(anchor.parentElement), rows.indexOf(cell.parentElement)].sort((a, b) => a - b);
  const [left, right] = [anchor.cellIndex, cell.cellIndex].sort((a, b) => a - b);
  return rows.slice(top, bottom + 1).map((row) => [...row.cells].slice(left, right + 1));
}

function mark(cell) {
  cell.closest("tbody").querySelectorAll(".is-range").forEach((one) => one.classList.remove("is-range"));
  const chosen = range(cell).flat();
  if (chosen.length > 1) chosen.forEach((one) => one.classList.add("is-range"));
}

const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageDown: [20, 0], PageUp: [-20, 0], Home: [0, -999], End: [0, 999] };

document.addEventListener("keydown", (event) => {
  const cell = cellOf(event.target);
  if (!cell || typed(event.target)) return;
  const strong = event.ctrlKey || event.metaKey;
  if (STEPS[event.key]) {
    event.preventDefault();
    anchor = event.shiftKey ? (anchor?.isConnected ? anchor : cell) : null;
    const [down, right] = STEPS[event.key];
    go(cell, down * (strong ? 9999 : 1), right * (strong ? 999 : 1));
    mark(document.activeElement);
  } else if (event.key === "Enter" || event.key === "F2") {
    event.preventDefault();
    edit(cell);
  } else if (event.key === " ") {
    event.preventDefault();
    openRecord(cell);
  } else if (event.key === "Delete" || event.key === "Backspace") {
    if ("editable" in head(cell).dataset) save(cell, head(cell).dataset.field, "");
  } else if (event.key.length === 1 && !strong && !event.altKey && "editable" in head(cell).dataset && head(cell).dataset.kind !== "checkbox") {
    event.preventDefault(); // the cell takes the key, no shortcut does
    edit(cell, ["select", "status", "user", "department", "date", "date_time", "time"].includes(head(cell).dataset.kind) ? null : event.key);
  }
});

const text = (cell) => cell.dataset.value ?? cell.textContent.trim();

document.addEventListener("copy", (event) => {
  const cell = cellOf(document.activeElement ?? document.body);
  if (!cell || typed(document.activeElement) || String(getSelection())) return;
  event.clipboardData.setData("text/plain", range(cell).map((row) => row.map(text).join("\t")).join("\n"));
  event.preventDefault();
});

document.addEventListener("paste", async (event) => {
  const cell = cellOf(document.activeElement ?? document.body);
  if (!cell || typed(document.activeElement)) return;
  event.preventDefault();
  const values = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "").split(/\r?\n/).map((line) => line.split("\t"));
  const [first, left] = [lines(cell).indexOf(cell.parentElement), cell.cellIndex];
  const body = cell.closest("tbody");
  for (const [down, row] of values.entries()) {
    for (const [right, value] of row.entries()) {
      const to = body.querySelectorAll("tr[id]")[first + down]?.cells[left + right];
      if (to?.matches(".cell") && "editable" in head(to).dataset) await save(to, head(to).dataset.field, value);
    }
  }
});

// A click goes to the cell, a click on the cell with the focus edits it.
let pressed = null;
document.addEventListener("mousedown", () => (pressed = document.activeElement));
document.addEventListener("click", (event) => {
  const cell = cellOf(event.target);
  if (!cell || event.target.closest("a, input, select, textarea, button")) return;
  if (cell === pressed && !event.shiftKey && "editable" in head(cell).dataset) return edit(cell);
  anchor = event.shiftKey ? document.activeElement?.closest?.("td.cell") : null;
  focus(cell);
  mark(cell);
});

// A shadow beside the first field once something lies under it.
document.addEventListener("scroll", (event) => {
  event.target.classList?.toggle("is-scrolled", event.target.scrollLeft > 0);
}, true);

export { save as saveCell };
