// Lines of a filter or a sort: added and removed; the operators and the value's input follow the field.
document.addEventListener("click", (event) => {
  const form = event.target.closest?.("[data-conditions]");
  if (!form) return;
  const lines = form.querySelectorAll("[data-condition]");
  if (event.target.closest("[data-adds-condition]")) {
    const line = lines[lines.length - 1].cloneNode(true);
    for (const one of line.querySelectorAll("select")) one.selectedIndex = 0;
    for (const one of line.querySelectorAll("input")) one.value = "";
    lines[lines.length - 1].after(line);
    suit(line);
    line.querySelector("select").focus();
  }
  const remover = event.target.closest("[data-removes-condition]");
  if (remover) {
    const line = remover.closest("[data-condition]");
    if (lines.length > 1) line.remove();
    else for (const one of line.querySelectorAll("select, input")) one.value = "";
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-condition] [name=where]")) suit(event.target.closest("[data-condition]"), true);
});

// Show only the field's own operators; without script all of them stand there, grouped by field.
function suit(line, fresh = false) {
  const field = line.querySelector("[name=where]");
  const op = line.querySelector("[name=op]");
  if (!field || !op) return;
  for (const group of op.querySelectorAll("optgroup")) {
    group.hidden = group.disabled = group.dataset.for !== field.value;
  }
  if (fresh || op.selectedOptions[0]?.parentElement.hidden) {
    op.value = op.querySelector("optgroup:not([hidden]) option")?.value ?? "";
  }
  const kind = field.selectedOptions[0]?.dataset.kind;
  const value = line.querySelector("[data-value-of] input");
  if (value) value.type = kind === "date" || kind === "date_time" ? "date" : "text";
  if (fresh && value) value.value = "";
}

const all = (root) => root.querySelectorAll?.("[data-condition]").forEach((line) => suit(line));
all(document);
document.addEventListener("htmx:after:process", (event) => all(event.target));
