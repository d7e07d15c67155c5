// A record opens as a panel over its view, under its own address; closing it, or going back, returns to the exact place.
const panel = document.getElementById("panel");
let from = null; // what had the focus
let under = null; // the address of the view below
let entries = 0; // how many addresses were added since

async function openPanel(href, opener) {
  if (under === null) {
    from = opener;
    under = location.pathname + location.search;
    history.replaceState({ ...history.state, htmx: true }, ""); // htmx brings back only what it knows
  }
  entries += 1;
  await htmx.ajax("GET", href, { target: panel, swap: "innerHTML", push: href, source: opener, headers: { "HX-Target": "div#panel" } });
  // On a touch screen an input with the focus would open the keyboard over what one came to read.
  const first = matchMedia("(hover: none)").matches ? null : panel.querySelector("form[data-keeps] :is(input:not([type=hidden]), textarea, select)");
  (first ?? panel.querySelector("[data-closes-panel]"))?.focus({ preventScroll: true });
}

function closePanel() {
  if (entries === 1 && location.pathname + location.search !== under) return history.back();
  history.pushState({ htmx: true }, "", under);
  leave();
}

function leave() {
  panel.replaceChildren();
  const back = from?.closest("td.cell, .card-record .name") ?? from?.closest("tr")?.querySelector("td.cell") ?? from;
  (back?.isConnected ? back : document.getElementById("main"))?.focus();
  from = under = null;
  entries = 0;
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest?.("a[data-opens-panel]");
  if (link && panel) {
    event.preventDefault();
    openPanel(link.getAttribute("href"), link);
  }
  // A panel that came with the whole page closes by its link, which leads to the view.
  if (under !== null && event.target.closest?.("[data-closes-panel]")) {
    event.preventDefault();
    closePanel();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !panel?.firstElementChild) return;
  if (document.querySelector("dialog[open], details.menu[open]") || event.target.closest?.(".cell-form")) return;
  if (under !== null) closePanel();
  else panel.querySelector("[data-closes-panel]")?.click();
});

// What the record on the page shows is no longer so.
document.addEventListener("record-stale", () => {
  const sheet = document.getElementById("record-sheet");
  if (sheet?.dataset.at) htmx.ajax("GET", sheet.dataset.at, { target: sheet, swap: "innerMorph", source: sheet, headers: { "HX-Target": "div#record-sheet" } });
});

// The record in the panel is gone.
document.addEventListener("record-closed", () => {
  if (!panel?.firstElementChild) return;
  if (under !== null) return closePanel();
  history.replaceState({ htmx: true }, "", panel.querySelector("[data-over]").dataset.over);
  panel.replaceChildren();
});

// The view still lies under the panel, so going back to it needs no request.
document.addEventListener("htmx:before:history:restore", (event) => {
  if (under === null || event.detail.path !== under) return;
  event.preventDefault();
  leave();
});
