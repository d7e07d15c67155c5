// A file opens over the page, with the ones beside it a key away. Without this script its link downloads it.
import { icon } from "./files.js";

let files = [];
let at = 0;

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest?.("a[data-file]");
  if (!link || !viewer()) return;
  event.preventDefault();
  const around = link.closest(".files, .files-list") ?? link.parentElement;
  files = [...around.querySelectorAll("a[data-file]")];
  show(files.indexOf(link));
});

const viewer = () => document.getElementById("viewer");
const part = (name) => viewer().querySelector(`[data-viewer-${name}]`);

function show(number) {
  at = number;
  const { name, size, full, icon: mark } = files[at].dataset;
  part("name").textContent = name;
  part("facts").textContent = files.length > 1 ? `${size} · ${at + 1} / ${files.length}` : size;
  part("download").href = files[at].getAttribute("href");
  part("before").hidden = at === 0;
  part("after").hidden = at === files.length - 1;
  const shown = part("shown");
  if (full) {
    shown.replaceChildren(Object.assign(document.createElement("img"), { src: full, alt: name }));
  } else {
    const box = Object.assign(document.createElement("div"), { className: "viewer-mark" });
    box.append(icon(mark), Object.assign(document.createElement("span"), { textContent: name }));
    shown.replaceChildren(box);
  }
  if (!viewer().open) viewer().showModal();
}

const go = (by) => files[at + by] && show(at + by);

document.addEventListener("click", (event) => {
  if (!viewer()?.open) return;
  if (event.target.closest?.("[data-viewer-before]")) go(-1);
  if (event.target.closest?.("[data-viewer-after]")) go(1);
  if (event.target.matches?.("[data-viewer-shown]")) viewer().close(); // beside the picture
});

document.addEventListener("keydown", (event) => {
  if (!viewer()?.open) return;
  if (event.key === "ArrowLeft") go(-1);
  if (event.key === "ArrowRight") go(1);
}, true);

document.addEventListener("close", (event) => event.target.id === "viewer" && files[at]?.focus(), true);
