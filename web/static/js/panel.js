// A record opens as a panel over its view, under its own address; closing it returns to the exact place.
const panel = document.getElementById("panel");
let from = null; // what had the focus
let under = null; // the address of the view below

async function openPanel(href, opener) {
  if (!panel.firstElementChild) {
    from = opener;
    under = location.pathname + location.search;
  }
  await htmx.ajax("GET", href, { target: panel, swap: "innerHTML", push: href, source: opener, headers: { "HX-Target": "div#panel" } });
  panel.querySelector("[autofocus], input:not([type=hidden]), a, button")?.focus({ preventScroll: true });
}

function closePanel() {
  const back = under ?? panel.querySelector("[data-over]")?.dataset.over;
  panel.replaceChildren();
  if (back) history.pushState({ htmx: true }, "", back);
  (from?.isConnected ? from.closest("td, .card-record a") ?? from : document.getElementById("main"))?.focus();
  from = under = null;
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest?.("a[data-opens-panel]");
  if (link && panel) {
    event.preventDefault();
    openPanel(link.getAttribute("href"), link);
  }
  const closer = event.target.closest?.("[data-closes-panel]");
  // A panel that came with the whole page closes by its link, which leads to the view.
  if (closer && under !== null) {
    event.preventDefault();
    closePanel();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !panel?.firstElementChild || document.querySelector("dialog[open], details.menu[open]")) return;
  if (event.target.closest?.(".cell-form")) return;
  if (under !== null) closePanel();
  else panel.querySelector("[data-closes-panel]")?.click();
});

// Going back from a panel to the view that still lies under it needs no request.
document.addEventListener("htmx:before:history:restore", (event) => {
  if (under === null || event.detail.path !== under) return;
  event.preventDefault();
  panel.replaceChildren();
  from?.focus?.();
  from = under = null;
});
