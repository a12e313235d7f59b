// A day of the reports' time zone, which need not be the day of UTC or of this computer.
function daysAgo(days, timeZone) {
  const today = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format();
  const first = new Date(Date.parse(`${today}T00:00:00Z`) - days * 864e5);
  return first.toISOString().slice(0, 10);
}

export function render({ model, el }) {
  const { adopt, fill, wire, panes, live, heard, shine } = window.cca;
  const field = (name) => el.querySelector(`[name="${name}"]`);
  const set = (changes) => model.send_msg({ type: "set", changes });
  let typing = 0;

  adopt("header", el);
  wire(el, model);
  panes.header = {
    focusSearch: () => {
      field("q").focus();
      field("q").select();
    },
    dot: () => el.querySelector(".live"),
  };
  live(() => model.send_msg({ type: "tick" }));

  el.addEventListener("input", (event) => {
    if (event.target.name !== "q") return;
    clearTimeout(typing);
    typing = setTimeout(() => set({ q: field("q").value }), 180);
  });
  el.addEventListener("change", (event) => {
    const { name, value } = event.target;
    if (["project", "since", "until"].includes(name)) set({ [name]: value });
  });
  el.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    set({ q: field("q").value });
  });
  el.addEventListener("click", (event) => {
    const preset = event.target.closest("[data-days]");
    if (preset) {
      const days = Number(preset.dataset.days);
      set({ since: days ? daysAgo(days - 1, preset.dataset.zone) : "", until: "" });
    }
    if (event.target.closest("a.brand") && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      set({ session: "", agent: "", m: "" });
    }
  });
  document.addEventListener("click", (event) => {
    const menu = el.querySelector("details.menu[open]");
    if (menu && !event.composedPath().includes(menu)) menu.open = false;
  });

  model.on("msg:custom", ({ type, html, is_away }) => {
    if (type === "live") return heard(is_away);
    // The text being typed is newer than what the server answers to.
    const focused = el.getRootNode().activeElement;
    const text = focused?.name === "q" ? focused.value : null;
    const caret = text === null ? 0 : focused.selectionStart;
    fill(el, html);
    shine();
    if (text === null) return;
    field("q").value = text;
    field("q").focus();
    field("q").setSelectionRange(caret, caret);
  });
}
