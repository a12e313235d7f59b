// What fills the page without an open session: the overview, or the matches of a search.
window.cca.renders.overview = ({ model, el }) => {
  const { adopt, fill, renew, calmly, forget, reason, wire, panes, moreOf } = window.cca;
  const { closes, stepIn, enter, onScroll } = window.cca;
  const set = (changes) => model.send_msg({ type: "set", changes });
  const AHEAD = 900;
  const rows = () => [...el.querySelectorAll("a.row")];
  const active = () => el.getRootNode().activeElement;
  const FRESH = 30000;
  let known = { url: "", html: "", at: 0 };
  let opened = null;
  let pointed = null;

  adopt("overview", el);
  wire(el, model);
  closes(el);

  // --- at the side of a wide screen: the match that is pointed at or has the focus

  const { preview, hidePreview, isPreviewOff } = window.cca;

  function look(row = active()?.matches("a.row") ? active() : rows().find((one) => one.dataset.m)) {
    el.querySelector(".preview-switch")?.setAttribute("aria-pressed", String(!isPreviewOff()));
    if (row) preview(row);
    else hidePreview();
  }
  el.addEventListener("focusin", ({ target }) => target.matches("a.row") && look(target));
  el.addEventListener("mousemove", ({ target }) => {
    const row = target.closest("a.row");
    if (row && row !== pointed) look(row);
    pointed = row;
  });

  panes.results = {
    look,
    step: (by) => stepIn(rows(), active(), by),
    open: () => (rows().find((row) => row === active()) || rows()[0])?.click(),
    openFirst: () => rows()[0]?.click(),
    enter: () => enter(el),
    comeBack: () => lastOpened()?.focus(),
    glance,
    isFor: (text) => el.querySelector(".results")?.dataset.q === text && rows().length > 0,
  };

  // --- the figures come from gold, which opens slowly: once the page can be used

  async function glance() {
    const place = el.querySelector("[data-glance]");
    if (!place || document.body.dataset.view !== "overview") return;
    const url = place.dataset.glance;
    // A pane that is drawn again shows what it showed.
    if (known.url === url) renew(place, known.html);
    if (known.url === url && Date.now() - known.at < FRESH) return;
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(await answer.text());
      known = { url, html: await answer.text(), at: Date.now() };
      if (place.isConnected && place.dataset.glance === url) renew(place, known.html);
    } catch (error) {
      const line = document.createElement("p");
      line.className = "remark";
      line.textContent = reason(error);
      place.firstElementChild.replaceChildren(line);
    }
    place.removeAttribute("aria-busy");
  }

  function lastOpened() {
    if (opened?.isConnected) return opened;
    return rows().find((row) => row.dataset.m === opened?.dataset.m) || rows()[0];
  }

  el.addEventListener("change", ({ target }) => {
    if (!target.matches("select[data-name]")) return;
    const { name } = target.dataset;
    if (name === "order") localStorage.setItem("cca-order", target.value);
    set({ [name]: target.value });
  });
  el.addEventListener("click", (event) => {
    const row = event.target.closest("a.row");
    if (row) opened = row;
    const button = event.target.closest("button[data-of]");
    if (button) moreOf(el, button);
  });

  // --- further sessions with matches, as far as somebody scrolls

  let isReading = false;
  async function readOn() {
    const list = el.querySelector(".rows.hits");
    const last = list?.lastElementChild;
    if (isReading || !last?.dataset.next) return;
    if (el.scrollTop + el.clientHeight + AHEAD < el.scrollHeight) return;
    isReading = true;
    const of = searched();
    try {
      const answer = await fetch(`${of}&from=${last.dataset.next}`);
      if (!answer.ok) throw new Error(await answer.text());
      const chunk = document.createElement("template");
      fill(chunk, await answer.text());
      if (last.isConnected && searched() === of) last.after(chunk.content);
    } catch (error) {
      const line = document.createElement("p");
      line.className = "remark";
      line.setAttribute("role", "alert");
      line.textContent = reason(error);
      if (last.isConnected) last.after(line);
    }
    isReading = false;
    requestAnimationFrame(readOn);
  }
  onScroll(el, readOn);

  // --- a reload, and the way back, lead to the place that was read

  const searched = () => el.querySelector(".rows.hits")?.dataset.more;
  window.addEventListener("beforeunload", () => {
    const matches = { of: searched(), top: el.scrollTop };
    if (matches.of && el.checkVisibility()) history.replaceState({ ...history.state, matches }, "");
  });

  async function comeBack() {
    const before = history.state?.matches;
    if (!before || before.of !== searched()) return readOn();
    for (let height = 0; height !== el.scrollHeight && el.scrollTop < before.top; await readOn()) {
      height = el.scrollHeight;
      el.scrollTop = before.top;
    }
  }
  requestAnimationFrame(comeBack);
  requestAnimationFrame(glance);
  look();

  function write(html) {
    renew(el, html);
    glance();
    look();
    requestAnimationFrame(readOn);
  }

  function news(html) {
    const list = el.querySelector(".rows.hits");
    // Whoever reads further down is not sent back to the top.
    if (list?.childElementCount > 1 || el.querySelector(".grown")) return;
    write(html);
  }

  model.on("msg:custom", ({ type, html }) => {
    if (type === "news") return calmly(el, () => news(html), true);
    forget(el);
    write(html);
    el.scrollTop = 0;
  });
};
