// Keys that work everywhere, after those of the grid (grid.js) had their turn.
import { openFinder } from "./dialogs.js";

let came = null; // where the search was called from, which Escape goes back to

const typing = (target) => target.matches?.("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openFinder();
    return;
  }
  if (event.key === "Escape" && event.target.matches?.("[data-searches]")) return leave(event.target);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "?") document.getElementById("keys")?.showModal();
  if (event.key === "/") press(event, "[data-searches]", search);
  if (event.key === "q") press(event, "[data-ends-guise]", (button) => button.click());
  if (event.key === "n") press(event, "[data-new-record]", (link) => link.click());
});

function search(input) {
  came = document.activeElement;
  input.focus();
  input.select();
}

function leave(input) {
  input.blur();
  if (came?.isConnected && came !== document.body) came.focus();
  came = null;
}

function press(event, selector, act) {
  const found = document.querySelector(selector);
  if (!found) return;
  event.preventDefault();
  act(found);
}

// In the finder: arrows walk what was found.
document.getElementById("finder")?.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const items = [...document.querySelectorAll("#found a")];
  const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  (items[at] ?? document.querySelector("#finder input")).focus();
  event.preventDefault();
});
