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
  if (closer) closer.closest("dialog")?.close();
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

export function openFinder() {
  const finder = document.getElementById("finder");
  if (finder && !finder.open) finder.showModal();
  finder?.querySelector("input")?.select();
}
