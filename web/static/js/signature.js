// Signing: strokes become path data in a box of 600 by 200 (engine/field_types/signature.py). Without this script one types a name.
const PAUSE = 900; // milliseconds after a stroke in which another may follow, before it is saved
const MOST = 19_000; // characters
let stroke = null; // {pad, path, before: what was drawn until now, points}
let waiting = null;

function pointOf(pad, event) {
  const box = pad.getBoundingClientRect();
  const within = (share, most) => Math.min(Math.max(Math.round(share * most), 0), most);
  return `${within((event.clientX - box.left) / box.width, 600)} ${within((event.clientY - box.top) / box.height, 200)}`;
}

document.addEventListener("pointerdown", (event) => {
  const pad = event.target.closest?.("[data-pad]");
  if (!pad || event.button) return;
  event.preventDefault();
  clearTimeout(waiting);
  const path = pad.querySelector("path");
  stroke = { pad, path, before: path.getAttribute("d"), points: [pointOf(pad, event)] };
  pad.setPointerCapture(event.pointerId);
});

document.addEventListener("pointermove", (event) => {
  if (!stroke) return;
  const point = pointOf(stroke.pad, event);
  if (point === stroke.points.at(-1) || stroke.before.length + stroke.points.length * 8 > MOST) return;
  stroke.points.push(point);
  stroke.path.setAttribute("d", drawn());
});

const drawn = () => `${stroke.before}M${stroke.points.join("L")}`;

document.addEventListener("pointerup", end);
document.addEventListener("pointercancel", end);

function end() {
  if (!stroke) return;
  if (stroke.points.length > 1) keep(stroke.pad.closest("[data-signature]"), drawn());
  stroke = null;
}

function keep(box, path) {
  const kept = box.querySelector("[type=checkbox]");
  box.querySelector("[data-pad] path").setAttribute("d", path);
  Object.assign(kept, { value: path, disabled: !path, checked: Boolean(path) });
  box.querySelector(".form-control").value = "";
  waiting = setTimeout(() => kept.form?.isConnected && box.querySelector(".form-control").dispatchEvent(new Event("change", { bubbles: true })), PAUSE);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-clears-signature]")?.closest("[data-signature]");
  if (box) keep(box, "");
});

// A name that is typed takes the place of what was drawn.
document.addEventListener("input", (event) => {
  const box = event.target.matches?.(".form-control") && event.target.closest("[data-signature]");
  if (!box) return;
  Object.assign(box.querySelector("[type=checkbox]"), { value: "", disabled: true, checked: false });
  box.querySelector("[data-pad] path").setAttribute("d", "");
});
