// Lines inside a record: moved by dragging or with Alt and the arrows; a new record gets another blank one in time.
const place = (body) => {
  [...body.querySelectorAll("[data-line]")].forEach((line, at) => (line.querySelector(".line-place input[name$='.place']").value = at + 1));
  body.dispatchEvent(new Event("change", { bubbles: true }));
};

const sortable = () => {
  for (const body of document.querySelectorAll("[data-line-items] tbody:not([data-sorts])")) {
    body.dataset.sorts = "";
    new Sortable(body, { handle: ".grip", animation: 120, onEnd: () => place(body) });
  }
};
sortable();
document.addEventListener("htmx:after:settle", sortable);

// A line that was taken out is gone now; the box of the line that came into its place must not stay ticked.
document.addEventListener("htmx:after:settle", () => {
  for (const box of document.querySelectorAll("[data-saves-fields] .line-gone input:checked")) box.checked = false;
});

document.addEventListener("keydown", (event) => {
  const line = event.altKey && event.target.closest?.("[data-line]");
  if (!line || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  const up = event.key === "ArrowUp";
  const other = up ? line.previousElementSibling : line.nextElementSibling;
  if (!other) return;
  if (up) other.before(line);
  else other.after(line);
  event.target.focus();
  place(line.parentElement);
});

// A form that is sent as a whole never runs out of lines; one that saves each field gets its next from the server.
document.addEventListener("input", (event) => {
  const line = event.target.closest?.("form:not([data-saves-fields]) [data-line]");
  if (!line || line.nextElementSibling) return;
  const made = line.cloneNode(true);
  const [name, number] = line.querySelector("[name$='.id']").name.split(".");
  const from = `${name}.${number}.`;
  const to = `${name}.${Number(number) + 1}.`;
  for (const one of made.querySelectorAll("*")) {
    for (const { name: attribute, value } of [...one.attributes]) if (value.startsWith(from)) one.setAttribute(attribute, to + value.slice(from.length));
  }
  for (const one of made.querySelectorAll(".chip, .wrong, .given")) one.remove();
  for (const one of made.querySelectorAll("input:not([type=hidden]):not([type=checkbox]), select, textarea")) one.value = "";
  for (const one of made.querySelectorAll("input[type=checkbox]")) one.checked = false;
  made.querySelector("[name$='.place']").value = Number(number) + 2;
  line.after(made);
  htmx.process(made);
});
