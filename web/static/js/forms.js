// Link inputs (choose and take away records), files dropped on a drop zone, leaving with unsaved changes.
document.addEventListener("click", (event) => {
  const taken = event.target.closest?.("[data-unchoose]");
  if (taken) {
    const box = taken.closest("[data-link-input]");
    taken.closest(".chip").remove();
    box.querySelector("input[type=search]")?.focus();
    changed(box);
  }
  const choice = event.target.closest?.("[data-choose]");
  if (choice) choose(choice.closest("[data-link-input]"), choice.dataset.choose, choice.dataset.name ?? choice.textContent.trim(), choice.querySelector("[data-mark] .icon"));
});

// A link that is limited by other fields of the record asks with what those hold now.
document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (!sourceElement.dataset?.takes) return;
  const form = sourceElement.closest("form");
  const own = sourceElement.closest("[data-link-input]").dataset.linkInput;
  const before = own.slice(0, own.lastIndexOf(".") + 1);
  for (const name of sourceElement.dataset.takes.split(" ")) {
    const values = new FormData(form).getAll(before + name).filter(Boolean);
    if (values.length) request.body.append(name, values.at(-1));
  }
});

// Which table is searched in is nothing that the record holds: its form need not hear of it.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-searched-in]")) event.stopPropagation();
}, true);

function choose(box, id, name, mark) {
  const chosen = box.querySelector("[data-chosen]");
  if (box.dataset.many !== "yes") chosen.replaceChildren();
  if (![...chosen.querySelectorAll("input")].some((one) => one.value === id)) chosen.append(chip(box.dataset.linkInput, id, name, mark));
  box.querySelector(".found").replaceChildren();
  const search = box.querySelector("input[type=search]");
  search.value = "";
  search.focus();
  changed(box);
}

function chip(field, id, name, mark) {
  const made = document.createElement("span");
  made.className = "chip";
  const text = document.createElement("span");
  text.textContent = name;
  const input = Object.assign(document.createElement("input"), { type: "hidden", name: field, value: id });
  const remove = Object.assign(document.createElement("button"), { type: "button", className: "btn-clear", textContent: "×" });
  remove.dataset.unchoose = "";
  remove.setAttribute("aria-label", name);
  made.append(...(mark ? [mark.cloneNode(true)] : []), text, input, remove);
  return made;
}

const changed = (box) => box.dispatchEvent(new Event("change", { bubbles: true }));

// The keys of a search for records: down to what was found, Enter takes the first of it.
document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-link-input]");
  const found = [...(box?.querySelectorAll(".found button") ?? [])];
  if (!found.length || event.target.matches("[data-searched-in]")) return;
  const at = found.indexOf(event.target);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    (found[at + (event.key === "ArrowDown" ? 1 : -1)] ?? box.querySelector("input[type=search]")).focus();
    event.preventDefault();
  } else if (event.key === "Enter" && at < 0) {
    found[0].click();
    event.preventDefault();
    event.stopPropagation();
  } else if (event.key === "Escape") {
    box.querySelector(".found").replaceChildren();
    event.stopPropagation();
  }
}, true);

// A record that was just made is chosen at once.
document.addEventListener("htmx:after:settle", (event) => event.target.querySelector?.("[data-chosen-at-once]")?.click());

document.addEventListener("focusin", (event) => {
  for (const box of document.querySelectorAll("[data-link-input]")) {
    if (!box.contains(event.target)) box.querySelector(".found")?.replaceChildren();
  }
});

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("is-over", name === "dragenter" || name === "dragover");
    if (name === "drop" && event.dataTransfer.files.length) {
      const input = zone.querySelector("input[type=file]");
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

// Nothing typed is lost by a stray click: a form marked data-keeps asks before it is left.
let unsaved = false;
document.addEventListener("input", (event) => (unsaved ||= Boolean(event.target.closest?.("form[data-keeps]"))));
document.addEventListener("submit", () => (unsaved = false));
document.addEventListener("htmx:after:swap", () => (unsaved &&= Boolean(document.querySelector("form[data-keeps]"))));
addEventListener("beforeunload", (event) => unsaved && event.preventDefault());

// Whoever goes back to a public form after sending it finds the receipt: the page's address then names its token.
document.addEventListener("submit", (event) => {
  const form = event.target.closest?.("form[data-leaves-receipt]");
  if (!form || event.defaultPrevented) return;
  const token = form.querySelector("[name=form_token]").value;
  history.replaceState(history.state, "", `${form.getAttribute("action")}?sent=${encodeURIComponent(token)}`);
});
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("form[data-leaves-receipt]") && location.search.startsWith("?sent=")) location.reload();
});
