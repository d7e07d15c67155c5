// A button with data-opens="id" opens that dialog, one with data-closes closes the one it is in.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) {
      dialog.showModal();
      event.preventDefault();
    }
  }
  const closer = event.target.closest?.("[data-closes]");
  if (closer?.closest("dialog")) {
    closer.closest("dialog").close();
    event.preventDefault();
  }
  if (event.target.matches?.("dialog")) event.target.close(); // a click beside it
  if (event.target.closest?.("[data-opens-finder]")) {
    openFinder();
    event.preventDefault();
  }
  const copier = event.target.closest?.("[data-copies]");
  if (copier) {
    navigator.clipboard?.writeText(document.getElementById(copier.dataset.copies).value);
    copier.classList.add("is-on");
  }
});

// A dialog with data-opens-filled opens when something comes into it, and is empty again when it is closed.
document.addEventListener("htmx:after:swap", () => {
  for (const dialog of document.querySelectorAll("dialog[data-opens-filled]:not([open])")) if (dialog.childElementCount) dialog.showModal();
});
document.addEventListener("close", (event) => event.target.matches?.("dialog[data-opens-filled]") && event.target.replaceChildren(), true);

export function openFinder() {
  const finder = document.getElementById("finder");
  if (finder && !finder.open) finder.showModal();
  finder?.querySelector("input")?.select();
}
