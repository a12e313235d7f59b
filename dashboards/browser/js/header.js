// The bar on top: search, project, dates; what it sends, and that the page is alive.
window.cca.renders.header = ({ model, el }) => {
  const { adopt, renew, wire, panes, live, heard, shine } = window.cca;
  const field = (name) => el.querySelector(`[name="${name}"]`);
  const set = (changes) => model.send_msg({ type: "set", changes });
  let typing = 0;
  // Best match first, unless somebody chose otherwise before.
  const search = () => set({ q: field("q").value, order: localStorage.getItem("cca-order") || "" });
  const list = () => (document.body.dataset.view === "search" ? panes.results : panes.sessions);

  adopt("header", el);
  wire(el, model);
  panes.header = {
    focusSearch: () => {
      field("q").focus();
      field("q").select();
    },
    clear: () => set({ q: "", kind: "" }),
    dot: () => el.querySelector(".live"),
  };
  live(() => model.send_msg({ type: "tick" }));

  el.addEventListener("input", (event) => {
    if (event.target.name !== "q") return;
    clearTimeout(typing);
    typing = setTimeout(search, 180);
  });
  el.addEventListener("change", ({ target }) => {
    if (target.name === "project") set({ project: target.value });
  });
  el.addEventListener("keydown", (event) => {
    const { name } = event.target;
    if (event.isComposing) return;
    if (name === "q" && event.key === "ArrowDown") {
      event.preventDefault();
      list()?.step(Number.NEGATIVE_INFINITY);
    }
    // A date is typed digit by digit: it counts once it is whole.
    if (["since", "until"].includes(name) && event.key === "Enter") {
      event.preventDefault();
      showDates();
    }
  });
  el.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    if (panes.results?.isFor(field("q").value.trim()) && document.body.dataset.view === "search")
      panes.results.openFirst();
    else search();
  });

  function showDates() {
    const [since, until] = ["since", "until"].map((name) => field(name).value);
    el.querySelector("details.dates").open = false;
    set({ since, until });
  }

  const areDatesChanged = () =>
    ["since", "until"].some((name) => field(name).value !== field(name).defaultValue);

  el.addEventListener("click", (event) => {
    const given = event.target.closest("[data-preset]")?.dataset;
    if (given) {
      el.querySelector("details.dates").open = false;
      set({ since: firstDay(given.preset, given.zone), until: "" });
    }
    if (event.target.closest("[data-dates]")) showDates();
    if (event.target.closest("a.brand") && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      set({ session: "", agent: "", m: "" });
    }
  });
  document.addEventListener("click", (event) => {
    const menu = el.querySelector("details.menu[open]");
    if (!menu || event.composedPath().includes(menu)) return;
    if (menu.matches(".dates") && areDatesChanged()) showDates();
    menu.open = false;
  });

  model.on("msg:custom", ({ type, html, is_away, is_quiet }) => {
    if (type === "live") {
      // Nothing can be filtered while MongoDB is away.
      for (const one of el.querySelectorAll(".pick, .dates")) one.inert = is_away;
      panes.sessions?.away(is_away);
      return heard(is_away, is_quiet);
    }
    renew(el, html);
    shine();
  });

  // Days of the reports' time zone, which need not be those of UTC or of this computer.
  function firstDay(preset, timeZone) {
    if (!preset) return "";
    const today = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format();
    const at = new Date(`${today}T00:00:00Z`);
    const back = {
      today: 0,
      // Weeks begin on Monday.
      week: (at.getUTCDay() + 6) % 7,
      month: at.getUTCDate() - 1,
    };
    at.setUTCDate(at.getUTCDate() - (back[preset] ?? Number(preset) - 1));
    return at.toISOString().slice(0, 10);
  }
};
