// Arrows walk over the days of a calendar, from whichever has the focus; Page Up and Page Down show those before and after.
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const day = event.target.closest?.(".cal-date");
  if (day && event.key in STEPS) {
    const days = [...document.querySelectorAll(".cal-date")];
    const next = days[days.indexOf(day) + STEPS[event.key]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
  if ((event.key === "PageUp" || event.key === "PageDown") && event.target.closest?.("[data-calendar]")) {
    const way = document.querySelector(event.key === "PageUp" ? "[data-before]" : "[data-after]");
    if (!way) return;
    event.preventDefault();
    way.click();
  }
});
