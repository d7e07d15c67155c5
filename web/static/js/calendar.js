// Entries of a calendar are dragged from day to day, in a week also from hour to hour, or sent there by Alt and arrows; the
// server confirms, or the entry goes back with the reason in a toast.
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
let followed = null;

function movable(root) {
  for (const day of root.querySelectorAll?.("[data-moves] .cal-entries[data-day]") ?? []) {
    if (Sortable.get(day)) continue;
    Sortable.create(day, {
      group: "entries",
      draggable: "li[data-record]",
      sort: false,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      delay: 150,
      delayOnTouchOnly: true,
      onEnd: dropped,
    });
  }
}

async function dropped({ item, from, to, oldDraggableIndex }) {
  if (from === to) return;
  const { day, time = "" } = to.dataset;
  if (await moved(item, { day, time, from: from.dataset.day })) return;
  from.insertBefore(item, from.querySelectorAll("li[data-record]")[oldDraggableIndex] ?? null);
}

async function moved(item, values) {
  let refused = false;
  const watch = (event) => (refused ||= (event.detail.ctx?.response?.status ?? 500) >= 400);
  item.addEventListener("htmx:after:request", watch);
  item.addEventListener("htmx:error", watch);
  const where = item.closest("[data-moves]").dataset.moves.replace("{id}", item.dataset.record);
  await htmx.ajax("POST", where, { source: item, target: item, swap: "none", values, headers: { "HX-Target": "div#view" } });
  return !refused;
}

// An entry that was sent on by keys keeps the focus where it is then.
function follow() {
  const entry = followed && document.querySelector(`li[data-record="${followed.record}"] .cal-entry`);
  const there = entry?.closest(".cal-entries").dataset;
  if (!there || (there.day === followed.day && there.time === followed.time)) return;
  followed = null;
  entry.focus();
}

function later(day, days) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

document.addEventListener("keydown", async (event) => {
  const item = event.target.closest?.("[data-moves] li[data-record]");
  if (!item || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(event.key in STEPS)) return;
  event.preventDefault();
  const { day, time } = item.parentElement.dataset;
  const hours = time && (event.key === "ArrowUp" || event.key === "ArrowDown") ? Math.sign(STEPS[event.key]) : 0;
  const hour = Number(time?.slice(0, 2)) + hours;
  if (hours && (hour < 0 || hour > 23)) return;
  const values = hours ? { day, from: day, time: `${String(hour).padStart(2, "0")}:00` } : { day: later(day, STEPS[event.key]), from: day };
  followed = { record: item.dataset.record, day, time };
  if (!(await moved(item, values))) followed = null;
});

// Arrows walk over the days of a calendar, from whichever has the focus; Page Up and Page Down show those before and after.
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

movable(document);
document.addEventListener("htmx:after:process", (event) => {
  movable(event.target);
  follow();
});
