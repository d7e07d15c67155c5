// Light or dark before the first paint: the reader's choice, else the system's, also when that changes.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => root.setAttribute("data-bs-theme", root.dataset.theme || (system.matches ? "dark" : "light"));
  paint();
  system.addEventListener("change", paint);
  addEventListener("beforeprint", () => root.setAttribute("data-bs-theme", "light"));
  addEventListener("afterprint", paint);
  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-theme-choice]");
    if (!choice) return;
    root.dataset.theme = choice.dataset.themeChoice; // shown at once; the form that it belongs to keeps it
    paint();
  });
  // The side bar folded, likewise before the first paint.
  document.addEventListener("DOMContentLoaded", () => {
    if (localStorage.getItem("side") === "folded") document.getElementById("frame")?.classList.add("is-folded");
  });
})();
