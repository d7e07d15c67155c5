// Files go to the server as they are chosen, dropped or pasted, each with its progress; the form then only names them.
// Without this script they go with the form itself.
import { saveCell } from "./grid.js";

const token = () => JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}")["X-CSRF-Token"];
const listOf = (box) => box.querySelector("[data-files]");
const changed = (box) => box.querySelector("input[type=hidden]").dispatchEvent(new Event("change", { bubbles: true }));
const words = () => document.getElementById("files-words").dataset;

// What the server says of a file that it has kept, or throws why it did not.
export function send(url, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file, file.name || "pasted.png");
    request.open("POST", url);
    request.setRequestHeader("X-CSRF-Token", token());
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress?.(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 200) return resolve(request.response);
      reject(new Error(request.status === 413 ? words().tooLarge : (request.response?.problem ?? words().failed)));
    });
    request.addEventListener("error", () => reject(new Error(words().failed)));
    request.send(body);
  });
}

async function bring(box, files) {
  const name = box.dataset.filesInput;
  const room = Number(box.dataset.max) - listOf(box).querySelectorAll("[data-file-line]:not(.is-wrong)").length;
  const one = box.dataset.max === "1" && files.length === 1;
  if (one) listOf(box).replaceChildren();
  const lines = [...files].map((file, number) => (number < room || one ? waiting(box, file) : wrong(waiting(box, file), words().full)));
  const kept = await Promise.all(lines.map((line, number) => (line.matches(".is-wrong") ? false : upload(box, line, files[number], name))));
  if (kept.some(Boolean)) changed(box);
}

async function upload(box, line, file, name) {
  try {
    const held = await send(box.dataset.upload, file, (part) => (line.querySelector("progress").value = part));
    line.replaceWith(drawn(name, held));
    return true;
  } catch (error) {
    wrong(line, error.message);
    return false;
  }
}

const made = (tag, given = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), given);
  element.append(...inside);
  return element;
};

export function icon(name) {
  const sprite = document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

function waiting(box, file) {
  const line = made("li", { className: "file-line" });
  line.dataset.fileLine = "";
  line.append(made("span", { className: "file-mark" }, icon("upload")));
  line.append(made("span", { className: "file-words" }, made("span", { textContent: file.name }), made("progress", { max: 1, value: 0 })));
  listOf(box).append(line);
  return line;
}

function wrong(line, says) {
  line.classList.add("is-wrong");
  line.querySelector("progress").replaceWith(made("span", { className: "wrong", role: "alert", textContent: says }));
  line.append(remover(says));
  return line;
}

function remover(name) {
  const button = made("button", { type: "button", className: "btn-clear" }, icon("x"));
  button.dataset.removesFile = "";
  button.setAttribute("aria-label", name);
  return button;
}

// Like the macro `held_file`.
function drawn(name, held) {
  const line = made("li", { className: "file-line" });
  line.dataset.fileLine = "";
  const mark = made("span", { className: "file-mark" }, held.small ? made("img", { src: held.small, alt: "" }) : icon(held.icon));
  const link = made("a", { href: held.href, textContent: held.name });
  Object.assign(link.dataset, { file: held.id, name: held.name, size: held.size, icon: held.icon });
  if (held.small) link.dataset.full = held.small.replace(/small$/, "full");
  const keep = made("label", { className: "file-keep" }, made("input", { type: "checkbox", name, value: held.id, checked: true }));
  line.append(mark, made("span", { className: "file-words" }, link, made("span", { className: "small muted", textContent: held.size })), keep, remover(held.name));
  return line;
}

const boxOf = (target) => target.closest?.("[data-files-input][data-upload]");

// Before htmx sees it: the form is saved when the file is there, not when it was chosen.
document.addEventListener("change", (event) => {
  const box = event.target.matches?.("input[type=file]") && boxOf(event.target);
  if (!box) return;
  event.stopImmediatePropagation();
  const files = [...event.target.files];
  event.target.value = "";
  if (files.length) bring(box, files);
}, true);

// An input for files that is empty would be sent as a file without a name.
document.addEventListener("formdata", ({ formData }) => {
  for (const name of new Set(formData.keys())) {
    const all = formData.getAll(name);
    if (!all.some((one) => one instanceof File && !one.name)) continue;
    formData.delete(name);
    for (const one of all) if (!(one instanceof File) || one.name) formData.append(name, one);
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-removes-file]");
  if (!button) return;
  const box = boxOf(button) ?? button.closest("[data-files-input]");
  button.closest("[data-file-line]").remove();
  box.querySelector("input[type=file]")?.focus();
  changed(box);
});

document.addEventListener("paste", (event) => {
  const box = boxOf(event.target) ?? lonely(event.target);
  if (!box || !event.clipboardData.files.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  bring(box, event.clipboardData.files);
}, true);

// A form with one place for files takes what is pasted anywhere in it.
function lonely(target) {
  const boxes = (target.closest?.("form") ?? document.querySelector("#panel form[data-saves-fields], #main form[data-saves-fields]"))?.querySelectorAll("[data-files-input][data-upload]") ?? [];
  return boxes.length === 1 ? boxes[0] : null;
}

const over = (event) => (event.dataTransfer?.types.includes("Files") ? boxOf(event.target) ?? cellOf(event.target) : null);
const cellOf = (target) => {
  const cell = target.closest?.(".grid[data-save]:not([data-save='']) td.cell");
  const head = cell?.closest("table").tHead.rows[0].cells[cell.cellIndex];
  return head?.dataset.upload ? cell : null;
};

for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    const place = over(event);
    if (!place) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    (place.querySelector(".drop") ?? place).classList.toggle("is-over", name === "dragenter" || name === "dragover");
    if (name !== "drop") return;
    if (place.matches("td")) into(place, event.dataTransfer.files);
    else bring(place, event.dataTransfer.files);
  }, true);
}

// Files dropped on a cell are added to those that it has.
async function into(cell, files) {
  const head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
  const held = [...cell.querySelectorAll("[data-file]")].map((one) => one.dataset.file);
  cell.parentElement.classList.add("is-saving");
  try {
    for (const file of files) held.push((await send(head.dataset.upload, file)).id);
    await saveCell(cell, head.dataset.field, held.join(","));
  } catch (error) {
    const shown = document.getElementById("toasts");
    shown.append(made("div", { className: "toast is-danger", role: "alert", textContent: error.message }));
  }
  cell.parentElement?.classList.remove("is-saving");
}
