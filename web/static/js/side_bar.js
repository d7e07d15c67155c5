// The side bar folds to icons on a desk and is a sheet on a phone.
const frame = document.getElementById("frame");
const side = document.getElementById("side");

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest?.(selector);
  if (hit("[data-folds-side]")) {
    const folded = frame.classList.toggle("is-folded");
    localStorage.setItem("side", folded ? "folded" : "open");
  } else if (hit("[data-opens-side]")) {
    side.classList.add("is-open");
    event.preventDefault();
  } else if (hit("[data-closes-side]")) {
    side.classList.remove("is-open");
    event.preventDefault();
  } else if (frame?.classList.contains("is-folded") && hit(".side-app > summary")) {
    // Folded there is no room for the tables: unfold instead of opening them out of sight.
    frame.classList.remove("is-folded");
    localStorage.setItem("side", "open");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") side?.classList.remove("is-open");
});
