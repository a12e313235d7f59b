// Every table of the analytics: a click on a head sorts it, a button shows all its rows.
(() => {
  const value = (row, column, isNumber) => {
    const cell = row.cells[column];
    const given = cell.dataset.v;
    if (!isNumber) return given ?? cell.textContent.trim();
    return given === undefined || given === "-" ? Number.NaN : Number(given);
  };

  function compare(a, b, isNumber) {
    if (!isNumber) return a.localeCompare(b, undefined, { numeric: true });
    return a - b;
  }

  function show(table) {
    const most = table.dataset.all ? Number.POSITIVE_INFINITY : Number(table.dataset.shown);
    [...table.tBodies[0].rows].forEach((row, place) => {
      row.hidden = place >= most;
    });
  }

  function sort(button) {
    const head = button.closest("th");
    const table = button.closest("table");
    const isNumber = button.dataset.sort === "n";
    const before = head.getAttribute("aria-sort");
    // Of figures the largest, of names the first of the alphabet is what one looks for.
    const first = isNumber ? "descending" : "ascending";
    const other = isNumber ? "ascending" : "descending";
    const order = before === first ? other : first;
    for (const each of head.parentElement.cells) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const keyed = [...table.tBodies[0].rows].map((row) => ({
      row,
      key: value(row, head.cellIndex, isNumber),
    }));
    keyed.sort(({ key: a }, { key: b }) => {
      // What has no value stands last, whatever the order.
      const empty = Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      return empty || sign * compare(a, b, isNumber);
    });
    table.tBodies[0].append(...keyed.map(({ row }) => row));
    show(table);
  }

  // The address says how a table is sorted, so that a link and a reload show it so.
  function tell(button) {
    const head = button.closest("th");
    const order = head.getAttribute("aria-sort");
    const address = new URL(location.href);
    address.searchParams.set("sort", `${head.closest("section").id}.${head.cellIndex}.${order}`);
    history.replaceState(history.state, "", address);
  }

  function sortAsTold() {
    const told = new URLSearchParams(location.search).get("sort") || "";
    const [id, column, order] = told.split(".");
    const section = document.getElementById(id);
    const button = section?.querySelectorAll("th")[Number(column)]?.querySelector("[data-sort]");
    if (!button) return;
    sort(button);
    if (button.closest("th").getAttribute("aria-sort") !== order) sort(button);
  }

  function toggle(button) {
    const table = button.parentElement.querySelector("table");
    const isAll = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isAll));
    table.dataset.all = isAll ? "" : "1";
    show(table);
    button.textContent = isAll
      ? `Show all ${table.tBodies[0].rows.length}`
      : `Show the first ${table.dataset.shown}`;
  }

  document.addEventListener("click", ({ target }) => {
    const head = target.closest("[data-sort]");
    if (head) {
      sort(head);
      tell(head);
    }
    const more = target.closest("[data-all]:is(button)");
    if (more) toggle(more);
  });
  sortAsTold();
})();
