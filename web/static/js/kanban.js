// Cards are dragged from stack to stack; the server confirms, or the card goes back with the reason in a toast.
function ready(root) {
  for (const stack of root.querySelectorAll?.(".board[data-move]:not([data-move='']) [data-stack]") ?? []) {
    if (Sortable.get(stack)) continue;
    Sortable.create(stack, {
      group: { name: "cards", put: mayGo },
      draggable: ".card-record",
      filter: ".menu",
      preventOnFilter: false,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      delay: 150,
      delayOnTouchOnly: true,
      scrollSensitivity: 60,
      onEnd: moved,
    });
  }
}

// Where only some values may follow the one that a card has, it can be dropped on their stacks only.
function mayGo(to, from) {
  const ways = to.el.closest("[data-board]").dataset.ways;
  return !ways || to === from || (JSON.parse(ways)[from.el.dataset.stack] ?? []).includes(to.el.dataset.stack);
}

async function moved({ item, from, to, oldDraggableIndex, newDraggableIndex }) {
  if (from === to && oldDraggableIndex === newDraggableIndex) return;
  const board = to.closest("[data-board]");
  const before = item.nextElementSibling?.dataset.record ?? "";
  const values = { [board.dataset.board]: to.dataset.stack, before };
  count(from, -1);
  count(to, 1);
  let refused = false;
  const watch = (event) => (refused ||= (event.detail.ctx?.response?.status ?? 500) >= 400);
  item.addEventListener("htmx:after:request", watch);
  item.addEventListener("htmx:error", watch);
  await htmx.ajax("POST", board.dataset.move.replace("{id}", item.dataset.record), { source: item, target: board, swap: "none", values, headers: { "HX-Target": "div#board" } });
  if (refused) {
    const cards = [...from.querySelectorAll(".card-record")].filter((card) => card !== item);
    from.insertBefore(item, cards[oldDraggableIndex] ?? from.querySelector(".stack-empty"));
    count(from, 1);
    count(to, -1);
  }
}

function count(stack, by) {
  const number = stack.closest(".board-stack").querySelector("[data-count]");
  const old = Number(number.textContent.replace(/\D/g, ""));
  if (number && Number.isFinite(old)) number.textContent = (old + by).toLocaleString(document.documentElement.lang);
}

ready(document);
document.addEventListener("htmx:after:process", (event) => ready(event.target));
