// A date says on hover how far away it is: "in 3 days".
const UNITS = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[datetime]:not([title])");
  if (!time) return;
  const day = time.dateTime.length === 10;
  const then = day ? new Date(`${time.dateTime}T00:00`) : new Date(time.dateTime);
  const seconds = (then - (day ? new Date().setHours(0, 0, 0, 0) : Date.now())) / 1000;
  const [unit, size] = UNITS.find(([name, one]) => Math.abs(seconds) >= one || (day && name === "day")) ?? UNITS[5];
  time.title = words.format(Math.round(seconds / size), unit);
});
