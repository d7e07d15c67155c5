// Menus are <details>: one open at a time, closed by a click outside or Escape, walked with the arrow keys.
const open = () => [...document.querySelectorAll("details.menu[open]")];

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.menu") && event.target.open) place(event.target);
}, true);

// A menu that would leave the window at the right opens to the left.
function place(menu) {
  const body = menu.querySelector(".menu-body");
  if (!body || menu.classList.contains("is-end")) return;
  body.style.left = "";
  const over = body.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
  if (over > 0 && getComputedStyle(body).position === "absolute") body.style.left = `${-over}px`;
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu) return;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (event.target.matches("input, select, textarea")) return;
  const items = [...menu.querySelectorAll(".menu-item:not([disabled])")];
  if (!items.length) return;
  const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  items[(at + items.length) % items.length].focus();
  event.preventDefault();
});
