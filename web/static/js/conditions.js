// Lines of a filter or a sort: added and removed. What a filter's line asks for is drawn by the server.
document.addEventListener("click", (event) => {
  const form = event.target.closest?.("[data-conditions]");
  if (!form) return;
  const lines = form.querySelectorAll("[data-condition]");
  if (event.target.closest("[data-adds-condition]")) {
    const line = lines[lines.length - 1].cloneNode(true);
    for (const one of line.querySelectorAll("select")) one.selectedIndex = 0;
    for (const one of line.querySelectorAll("input")) one.value = "";
    lines[lines.length - 1].after(line);
    line.querySelector("select").focus();
  }
  event.target.closest("[data-removes-box]")?.closest("[data-condition-box]").remove();
  const remover = event.target.closest("[data-removes-condition]");
  if (remover) {
    const line = remover.closest("[data-condition]");
    if (lines.length > 1) line.remove();
    else for (const one of line.querySelectorAll("select, input")) one.value = "";
  }
});
