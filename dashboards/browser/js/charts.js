// Charts and maps: one stop of the Tab key each, arrows within; a name of the legend alone.
(() => {
  function stops(group) {
    return [...group.querySelectorAll("a.bar, a.cell, .bar[tabindex]")];
  }

  // Only the newest place is reached by Tab: of a hundred bars nobody wants a hundred stops.
  for (const group of document.querySelectorAll("[data-arrows]")) {
    const all = stops(group);
    for (const each of all) each.tabIndex = -1;
    if (all.length) all[all.length - 1].tabIndex = 0;
  }

  function move(group, from, key) {
    const all = [...group.children];
    const length = Number(group.dataset.arrows);
    // A map of days runs down each week; one of hours runs along each day.
    const isYear = group.matches(".year");
    const row = length + (isYear ? 1 : 0);
    const across = isYear ? row : 1;
    const along = isYear ? 1 : length;
    const way = {
      ArrowRight: across,
      ArrowLeft: -across,
      ArrowDown: length ? along : 0,
      ArrowUp: length ? -along : 0,
    }[key];
    let place = all.indexOf(from) + way;
    while (way && all[place] && !all[place].matches("a, .bar")) place += way;
    return way ? all[place] : null;
  }

  document.addEventListener("keydown", (event) => {
    const from = event.target.closest?.(".bar, .cell");
    const group = from?.closest("[data-arrows]");
    if (!group) return;
    const all = stops(group);
    const ends = { Home: all[0], End: all[all.length - 1] };
    const to = ends[event.key] ?? (event.key.startsWith("Arrow") && move(group, from, event.key));
    if (!to) return;
    event.preventDefault();
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });

  // One of a legend alone: the others make room, so that its bars stand on the line of zero.
  document.addEventListener("click", ({ target }) => {
    const button = target.closest(".legend [data-only]");
    if (!button) return;
    const section = button.closest("section");
    const isPressed = button.getAttribute("aria-pressed") === "true";
    for (const each of section.querySelectorAll("[data-only]"))
      each.setAttribute("aria-pressed", String(each === button && !isPressed));
    const only = isPressed ? "" : button.dataset.only;
    for (const each of section.querySelectorAll(".bar i, .dot, polyline[class]"))
      each.classList.toggle("aside-for-one", Boolean(only) && !each.classList.contains(only));
  });

  // Cost as areas or as a table: what was chosen last, on every page.
  const root = document.documentElement;
  function shape(name) {
    root.dataset.shape = name;
    for (const each of document.querySelectorAll("button[data-shape]"))
      each.setAttribute("aria-pressed", String(each.dataset.shape === name));
  }
  shape(root.dataset.shape);
  document.addEventListener("click", ({ target }) => {
    const name = target.closest("button[data-shape]")?.dataset.shape;
    if (!name) return;
    localStorage.setItem("cca-shape", name);
    shape(name);
  });

  // The newest days of a year stand at its end.
  for (const each of document.querySelectorAll("[data-end]")) each.scrollLeft = each.scrollWidth;
})();
