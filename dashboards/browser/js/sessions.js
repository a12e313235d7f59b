window.cca.renders.sessions = ({ model, el }) => {
  const { adopt, fill, renew, calmly, forget, wire, panes, moreOf } = window.cca;
  const { closes, stepIn, enter, onScroll } = window.cca;
  const set = (changes) => model.send_msg({ type: "set", changes });
  const rows = () => [...el.querySelectorAll("a.row")];
  const list = () => el.querySelector(".rows");
  const pages = () => [...(list()?.children || [])];
  const active = () => rows().find((row) => row === el.getRootNode().activeElement);
  // Rows this far from what is seen are dropped, and read again when they are needed.
  const KEEP = 3000;
  const AHEAD = 1200;
  const SETTLED = 150;
  let typing = 0;
  const asked = new URLSearchParams(location.search);
  let current = { session: asked.get("session") || "", m: asked.get("m") || "" };
  let opened = current;

  adopt("sessions", el);
  wire(el, model);
  const picking = window.cca.picking(el, rows);

  panes.sessions = {
    open: () => (active() || rows()[0])?.click(),
    // Without a row that has the focus, from the one that was opened last.
    step: (by) => stepIn(rows(), active() || rows().find((row) => isOf(row, opened)), by),
    enter: () => enter(el),
    pick: (isRange) =>
      active() && !active().matches(".hit, .of") && picking.pick(active(), isRange),
    unpick: picking.clear,
    remember,
    away: (isAway) => el.querySelector(".list-head")?.toggleAttribute("inert", isAway),
    rename(session, name) {
      const title = rows()
        .find((row) => row.dataset.session === session)
        ?.querySelector(".title");
      if (title) title.lastChild.textContent = name;
    },
    // The row that was opened last.
    comeBack: () =>
      rows()
        .find((row) => isOf(row, opened))
        ?.focus(),
  };

  el.addEventListener("input", (event) => {
    // An event forgets its target inside a shadow root once it is over.
    const input = event.target;
    if (input.dataset.name !== "text") return;
    clearTimeout(typing);
    typing = setTimeout(() => set({ text: input.value }), 200);
  });
  el.addEventListener("change", (event) => {
    const { dataset, value } = event.target;
    if (!event.target.matches("select[data-name]")) return;
    if (dataset.name === "order") localStorage.setItem("cca-order", value);
    set({ [dataset.name]: value });
  });
  el.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-of]");
    if (button) moreOf(el, button);
  });
  closes(el);

  // --- pages: read as far as somebody scrolls, dropped far from what is seen

  async function read(from) {
    const { more } = list().dataset;
    const answer = await fetch(
      `${more}${more.includes("?") ? "&" : "?"}from=${encodeURIComponent(from)}`,
    );
    if (!answer.ok) throw new Error(await answer.text());
    const chunk = document.createElement("template");
    fill(chunk, await answer.text());
    const page = chunk.content.querySelector(".page");
    page.dataset.from = from;
    return page;
  }

  // A day goes on from the page before: its heading is there already.
  function joined(page, before) {
    const days = before?.querySelectorAll("li.day");
    const last = days?.length ? days[days.length - 1].textContent : before?.dataset.day || "";
    const first = page.querySelector("li.day");
    if (first && first.textContent === last) first.remove();
    const own = page.querySelectorAll("li.day");
    page.dataset.day = own.length ? own[own.length - 1].textContent : last;
    page.dataset.own = "";
    return page;
  }

  async function replace(page, from, place) {
    const of = list().dataset.more;
    page.dataset.reading = "1";
    try {
      const fresh = await read(from);
      if (!page.isConnected || list().dataset.more !== of) return;
      place(fresh);
      mark(current, false);
    } catch (error) {
      page.after(
        Object.assign(document.createElement("p"), {
          className: "remark",
          role: "alert",
          textContent: error.message,
        }),
      );
    } finally {
      delete page.dataset.reading;
    }
    requestAnimationFrame(look);
  }

  // Days stick below the head, which grows with the menu of filters.
  const sizes = new ResizeObserver(() => {
    const head = el.querySelector(".list-head");
    if (head) el.style.setProperty("--head", `${head.offsetHeight}px`);
  });

  function look() {
    const head = el.querySelector(".list-head");
    if (head) sizes.observe(head);
    const all = pages().filter((one) => one.matches(".page"));
    if (!all.length) return;
    const seen = el.getBoundingClientRect();
    const focused = el.getRootNode().activeElement;
    for (const page of all) {
      if (page.dataset.reading) continue;
      const { top, bottom, height } = page.getBoundingClientRect();
      const isFar = bottom < seen.top - KEEP || top > seen.bottom + KEEP;
      if (isFar && !page.dataset.dropped && page !== all[0] && !page.contains(focused)) {
        page.style.height = `${height}px`;
        page.dataset.dropped = "1";
        page.replaceChildren();
      } else if (!isFar && page.dataset.dropped) {
        replace(page, page.dataset.from, (fresh) =>
          page.replaceWith(joined(fresh, page.previousElementSibling)),
        );
      }
    }
    const last = all[all.length - 1];
    if (!last.dataset.next || last.dataset.reading) return;
    if (last.getBoundingClientRect().bottom > seen.bottom + AHEAD) return;
    replace(
      last,
      last.dataset.next,
      (fresh) =>
        last.dataset.next !== fresh.dataset.from ||
        last.nextElementSibling?.matches(".page") ||
        last.after(joined(fresh, last)),
    );
  }

  onScroll(el, look);

  // --- a reload, and the way back, lead to the place that was read

  // Which list this is, whatever session is open beside it.
  function nameOf() {
    const given = new URLSearchParams(list()?.dataset.more.split("?")[1]);
    for (const name of ["session", "agent", "m", "show"]) given.delete(name);
    return given.toString();
  }

  function remember() {
    const all = pages().filter((page) => page.matches(".page"));
    if (!all.length || !list().matches(".sessions") || !el.checkVisibility()) return;
    const kept = {
      of: nameOf(),
      top: el.scrollTop,
      row: active()?.dataset.session || opened.session,
      pages: all.map((page) => [
        page.dataset.from || "",
        page.offsetHeight,
        page.dataset.day || "",
      ]),
    };
    history.replaceState({ ...history.state, list: kept }, "");
  }

  // Pages stand in for themselves by their height until they are seen, as dropped ones do.
  function comeBack() {
    const before = history.state?.list;
    if (!before || !list()?.matches(".sessions") || before.of !== nameOf()) return false;
    for (const [from, height, day] of before.pages.slice(1)) {
      const page = document.createElement("ol");
      page.className = "page";
      page.style.height = `${height}px`;
      Object.assign(page.dataset, { from, day, dropped: "1", own: "" });
      list().append(page);
    }
    if (!opened.session) opened = { session: before.row, m: "" };
    el.scrollTop = before.top;
    return true;
  }

  let settling = 0;
  el.addEventListener(
    "scroll",
    () => {
      clearTimeout(settling);
      settling = setTimeout(remember, SETTLED);
    },
    { passive: true },
  );
  window.addEventListener("beforeunload", remember);

  // The pages after the first are read again where they begin elsewhere now.
  function write(html) {
    const begin = () => [list()?.dataset.more, pages()[0]?.dataset.next].join(" ");
    const before = begin();
    renew(el, html);
    if (begin() !== before)
      for (const page of pages().slice(1)) if (page.matches(".page")) page.remove();
    look();
  }

  // Further down what is new goes in place: a row that is read does not move away.
  function news(html) {
    if (!el.querySelector(".rows.sessions")) return;
    if (el.scrollTop < 80) return write(html);
    const fresh = document.createElement("template");
    fill(fresh, html);
    const [count, newCount] = [el, fresh.content].map((root) => root.querySelector(".list-head p"));
    if (count && newCount) renew(count, newCount.innerHTML);
    const known = new Map(rows().map((row) => [row.dataset.session, row]));
    for (const row of fresh.content.querySelectorAll("a.row")) {
      const before = known.get(row.dataset.session);
      if (before) renew(before, row.innerHTML);
    }
  }

  const isOf = (row, { session, m }) =>
    m && row.dataset.m ? row.dataset.m === m : row.dataset.session === session && !row.dataset.m;

  function mark({ session, m }, isNew = true) {
    current = { session, m };
    if (session) opened = current;
    for (const row of rows()) {
      const chosen = isOf(row, current) && !row.matches(".of");
      if (chosen) row.setAttribute("aria-current", "page");
      else row.removeAttribute("aria-current");
      if (chosen && isNew) row.scrollIntoView({ block: "nearest" });
    }
  }

  model.on("msg:custom", (message) => {
    if (message.type === "news") return calmly(el, () => news(message.html), true);
    if (message.type === "current") return mark(message);
    forget(el);
    picking.relist();
    write(message.html);
    if (!comeBack()) el.scrollTop = 0;
    look();
  });
  if (!comeBack())
    el.querySelector('a.row[aria-current="page"]')?.scrollIntoView({ block: "nearest" });
  look();
};
