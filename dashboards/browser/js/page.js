// What the panes share: adopting painted HTML, the address bar, theme and keyboard.
(() => {
  const panes = {};

  // Where all painted panes were scrolled to: asked for one after the other, each change of the page
  // would be laid out.
  let tops = null;

  function adopt(name, el) {
    const painted = document.getElementById(`painted-${name}`);
    if (!painted) return;
    tops ??= new Map([...document.querySelectorAll(".painted")].map((one) => [one, one.scrollTop]));
    el.replaceChildren(...painted.childNodes);
    painted.remove();
    if (tops.get(painted)) el.scrollTop = tops.get(painted);
  }

  // A TypeError of fetch means that no answer came.
  function reason(error) {
    return error instanceof TypeError ? "The server did not answer. Try again." : error.message;
  }

  // HTML comes only from our own server, which has escaped or sanitised it.
  function fill(el, html) {
    el.innerHTML = html;
  }

  // Clicks on anything that names a change of state; links keep working as links.
  function wire(el, model) {
    rove(el);
    window.cca.tips(el);
    el.addEventListener("click", (event) => {
      const target = event
        .composedPath()
        .find(
          (node) =>
            node.dataset &&
            ["set", "session", "agent"].some(
              (name) => node.dataset[name] || "go" in node.dataset,
            ) &&
            node.matches("a, button"),
        );
      if (!target || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      // Without a connection a link is still a link.
      if (isCut && target.matches("a")) return;
      event.preventDefault();
      model.send_msg({ type: "set", changes: changesOf(target) });
    });
  }

  // A group of controls, and a list of rows, is one stop of the Tab key; the arrow keys go on.
  const GROUPED = ":is(button, a[href], summary):not(.popover *)";
  const inGroup = (group) => [...group.querySelectorAll(GROUPED)];

  function oneStop(all, first = all[0]) {
    const stop = all.find((one) => one.getAttribute("tabindex") === "0") || first;
    for (const one of all) one.tabIndex = one === stop ? 0 : -1;
  }

  function stopAt(one, all) {
    for (const other of all) other.tabIndex = other === one ? 0 : -1;
  }

  function rove(el) {
    const rows = () => [...el.querySelectorAll("a.row")];
    const settle = () => {
      for (const group of el.querySelectorAll("[data-arrows]")) oneStop(inGroup(group));
      oneStop(rows(), el.querySelector('a.row[aria-current="page"]') || undefined);
    };
    new MutationObserver(settle).observe(el, { childList: true, subtree: true });
    settle();
    el.addEventListener("focusin", ({ target }) => {
      if (target.matches("a.row")) stopAt(target, rows());
    });
  }

  // Into a list, at the row that its tab stop is.
  function enter(el) {
    el.querySelector('a.row[tabindex="0"]')?.focus();
  }

  function changesOf({ dataset: { set, session, agent, m, go }, search }) {
    if (set) return JSON.parse(set);
    // The link itself says what changes.
    if (go !== undefined) return Object.fromEntries(new URLSearchParams(search));
    return session ? { session, agent: "", m: m || "" } : { agent, m: "" };
  }

  function show(search) {
    const given = new URLSearchParams(search);
    const without = given.get("q")?.trim() ? "search" : "overview";
    document.body.dataset.view = given.get("session") ? "session" : without;
    panes.results?.look();
    if (document.body.dataset.view === "session") return;
    panes.results?.glance();
    panes.tools?.point(null);
    held = null;
  }

  // What is typed after `f` while the conversation is on its way belongs into the field.
  let held = null;

  function find() {
    if (panes.transcript) panes.transcript.find();
    else held ??= "";
  }

  // Returns whether a key was written down, or ended the waiting.
  function holds({ key }) {
    if (held === null) return false;
    if (key === "Escape") held = null;
    else if (key === "Backspace") held = held.slice(0, -1);
    else if (key.length === 1) held += key;
    return key.length === 1 || key === "Escape" || key === "Backspace";
  }

  function release() {
    if (held !== null) panes.transcript.find(held);
    held = null;
  }

  // Further matches of one session, in place of the button that asks for them.
  async function moreOf(el, button) {
    const searched = () => el.querySelector(".rows.hits")?.dataset.more;
    const more = searched();
    const { of, from } = button.dataset;
    button.disabled = true;
    // From here on news does not replace what somebody reads.
    button.closest(".group").classList.add("grown");
    try {
      const answer = await fetch(`${more}&${new URLSearchParams({ of, from })}`);
      if (!answer.ok) throw new Error(await answer.text());
      const chunk = document.createElement("template");
      fill(chunk, await answer.text());
      if (searched() === more) button.closest("li")?.replaceWith(chunk.content);
    } catch (error) {
      button.textContent = reason(error);
      button.disabled = false;
    }
  }

  // The filters of a list close as menus do: by a click elsewhere, and by Escape.
  function closes(el) {
    document.addEventListener("click", (event) => {
      const menu = el.querySelector("details.traits[open]");
      if (menu && !event.composedPath().includes(menu)) menu.open = false;
    });
    el.addEventListener("keydown", (event) => {
      const menu = event.key === "Escape" && el.querySelector("details.traits[open]");
      if (!menu) return;
      menu.open = false;
      menu.querySelector("summary").focus();
      // One key leaves one thing: the session stays open.
      event.stopPropagation();
    });
  }

  // From one row to the next; from the first one up, back to the search.
  function stepIn(rows, active, by) {
    const at = rows.indexOf(active);
    if (at === 0 && by === -1) return panes.header?.focusSearch();
    rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
  }

  // Once a frame at most, however often the element scrolls in it.
  function onScroll(el, look) {
    let isDue = false;
    el.addEventListener(
      "scroll",
      () => {
        if (isDue) return;
        isDue = true;
        requestAnimationFrame(() => {
          isDue = false;
          look();
        });
      },
      { passive: true },
    );
  }

  // --- live: the server is asked while somebody looks, and says whether anything is new

  const TICK = 2000;
  // Where nothing happens; the server says when something does.
  const REST = 10000;
  const SILENCE = 5000;
  const SETTLED = 3000;
  let ask = null;
  let askedAt = 0;
  // Since when an answer is due.
  let waitsSince = 0;
  let isQuiet = false;
  let state = "";
  // What the status menu found, where that is not all well: late or failed.
  let trouble = "";
  // No answer came for a while: the server is gone, or the network.
  let isCut = false;
  let isTrying = false;

  function heard(isAway, isResting) {
    waitsSince = 0;
    isCut = false;
    isQuiet = isResting;
    shine(isAway ? "MongoDB not reachable" : "Live");
  }

  function shine(text) {
    state = text;
    const dot = panes.header?.dot();
    const isLive = text === "Live";
    const shown = (isLive && { late: "Delayed", failed: "Problem" }[trouble]) || text;
    if (!dot) return;
    if (dot.textContent !== shown) dot.textContent = shown;
    dot.classList.toggle("away", !isLive || trouble === "failed");
    dot.classList.toggle("late", isLive && trouble === "late");
  }

  async function answers() {
    try {
      const signal = AbortSignal.timeout(SETTLED);
      return (await fetch("/healthz", { cache: "no-store", signal })).ok;
    } catch {
      return false;
    }
  }

  // A server that was started again knows nothing of this page; a page that is loaded again does.
  async function tryAgain() {
    if (isTrying) return;
    isTrying = true;
    const isBack = await answers();
    // After a gap in the network the old connection goes on.
    if (isBack) await new Promise((done) => setTimeout(done, SETTLED));
    isTrying = false;
    if (!isBack || !isCut) return;
    if (document.querySelector("dialog[open]") || (isField(focused()) && focused().value))
      offerReload();
    else location.reload();
  }

  // Whoever is writing says when.
  function offerReload() {
    if (document.getElementById("restarted")) return;
    const bar = document.createElement("p");
    bar.id = "restarted";
    bar.setAttribute("role", "alert");
    bar.textContent = "The server was restarted. ";
    const button = document.createElement("button");
    button.className = "button";
    button.textContent = "Reload";
    button.addEventListener("click", () => location.reload());
    bar.append(button);
    (document.querySelector("dialog[open]") || document.body).append(bar);
  }

  function live(send) {
    ask = send;
  }

  function askAgain() {
    const now = Date.now();
    if (!ask || document.hidden) {
      waitsSince = 0;
      return;
    }
    if (waitsSince && now - waitsSince > SILENCE) {
      isCut = true;
      shine("Not connected");
      tryAgain();
    }
    if (isQuiet && !waitsSince && now - askedAt < REST - TICK / 2) return;
    askedAt = now;
    waitsSince ||= now;
    ask();
  }
  setInterval(askAgain, TICK);
  // Whoever comes back to the page sees what has happened meanwhile.
  document.addEventListener("visibilitychange", () => {
    askedAt = 0;
    askAgain();
  });

  // --- search words inside the opened message

  // The grammar of the search: -word and -"phrase" leave out, field:value is no text.
  // One minus before a word leaves it out, as in cca/search/typed.py.
  const PIECES =
    /(?:(?<!\S)(-)(?![->\s]))?(?:(?:kind|project|session|host|pr):(?:"[^"]*"?|\S+)|"([^"]*)"?|(\S+))/g;

  function wordsOf(query) {
    const found = [...query.matchAll(PIECES)].filter(([, minus]) => !minus);
    const words = found.map(([, , phrase, word]) => phrase || (word || "").replace(/\*+$/, ""));
    return words.filter((word) => word.length > 1).slice(0, 20);
  }

  function patternOf(query) {
    const pattern = query.match(/(?:^|\s)\/(?![\s/])(.*?[\\[\](){}*+?|^$].*?)\/(?=\s|$)/s);
    try {
      if (pattern) return new RegExp(pattern[1], "gi");
    } catch {
      return null; // a pattern of the server's kind that a browser does not know
    }
    const literals = wordsOf(query).map((word) =>
      word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+"),
    );
    return literals.length ? new RegExp(literals.join("|"), "giu") : null;
  }

  function highlight(root) {
    const pattern = patternOf(new URLSearchParams(location.search).get("q") || "");
    if (pattern) mark(root, pattern);
  }

  // Marks what the pattern finds in an element; returns the first mark of each match.
  function mark(root, pattern, name = "") {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const nodes = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (node.length && !node.parentElement.closest(name ? "time, .who" : "mark, time, .who"))
        nodes.push(node);
    // A phrase may run over emphasis and code, so it is looked for in all of the text.
    const text = nodes.map((node) => node.nodeValue).join("");
    const places = [...text.matchAll(pattern)]
      .filter(([match]) => match)
      .slice(0, 500)
      .map((found) => [found.index, found.index + found[0].length]);
    const marks = places.map(() => null);
    let start = 0;
    for (const node of nodes) {
      const [from, end] = [start, start + node.nodeValue.length];
      const inside = places
        .map(([first, last], number) => [first - from, last - from, number])
        .filter(([first, last]) => first < end - from && last > 0);
      for (const [number, made] of markIn(node, inside, name)) marks[number] ||= made;
      start = end;
    }
    for (const one of root.querySelectorAll("details:not(.tool):not([open]) mark"))
      one.closest("details").open = true;
    return marks.filter(Boolean);
  }

  function markIn(node, places, name) {
    if (!places.length) return [];
    const text = node.nodeValue;
    const pieces = document.createDocumentFragment();
    const made = [];
    let done = 0;
    for (const [first, last, number] of places) {
      const found = document.createElement("mark");
      if (name) found.className = name;
      found.textContent = text.slice(Math.max(0, first), last);
      pieces.append(text.slice(done, Math.max(0, first)), found);
      made.push([number, found]);
      done = Math.min(last, text.length);
    }
    pieces.append(text.slice(done));
    node.replaceWith(pieces);
    return made;
  }

  function toggleTheme() {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("cca-theme", root.dataset.theme);
  }

  function toggleHelp() {
    const help = document.getElementById("help");
    if (help?.open) help.close();
    else help?.showModal();
  }

  function focused() {
    let node = document.activeElement;
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    return node;
  }

  const isFinding = (event) => event.composedPath().some((node) => node.matches?.(".find"));

  // One key leaves one thing: find, the session, the search, then what is selected in the list.
  function leave(isOpen) {
    if (isOpen) panes.transcript?.leave();
    else if (document.body.dataset.view === "search") panes.header?.clear();
    else panes.sessions?.unpick();
  }

  const arrowsIn = (event) => event.composedPath().find((node) => node.matches?.("[data-arrows]"));

  document.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const group = by && arrowsIn(event);
    if (!group) return;
    const all = inGroup(group).filter((one) => one.checkVisibility());
    const at = all.indexOf(event.composedPath()[0]);
    const next = at < 0 ? null : all[at + by];
    if (!next) return;
    event.preventDefault();
    stopAt(next, inGroup(group));
    next.focus();
  });

  function isTyping(event) {
    return isField(event.composedPath()[0]);
  }

  const isField = (node) =>
    node?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node?.tagName || "");

  const isReading = () =>
    document.body.dataset.view === "session" && !document.querySelector("dialog[open]");

  // Before all shortcuts, those of the other scripts too.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event)) return;
      if (!holds(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    // The browser's own search sees only what was read so far; a second press opens it.
    const isFind = (event.ctrlKey || event.metaKey) && event.key === "f" && !event.altKey;
    if (isFind && isReading() && !isFinding(event)) {
      event.preventDefault();
      find();
    }
    if (event.key === "F3" && isReading() && panes.transcript?.nextMatch(event.shiftKey ? -1 : 1))
      event.preventDefault();
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (isTyping(event)) {
      if (event.key === "Escape") event.composedPath()[0].blur();
      return;
    }
    const open = document.body.dataset.view === "session";
    const list = document.body.dataset.view === "search" ? panes.results : panes.sessions;
    const step = (by) => (open ? panes.transcript?.step(by) : list?.step(by));
    const keys = {
      "/": () => panes.header?.focusSearch(),
      "?": toggleHelp,
      d: toggleTheme,
      j: () => step(1),
      k: () => step(-1),
      o: () => (open ? panes.transcript?.unfold() : list?.open()),
      "[": () => open && panes.transcript?.stepPrompt(-1),
      "]": () => open && panes.transcript?.stepPrompt(1),
      e: () => open && panes.transcript?.stepFailure(1),
      E: () => open && panes.transcript?.stepFailure(-1),
      f: () => open && find(),
      g: () => (open ? panes.transcript?.goToEnd(-1) : list?.step(Number.NEGATIVE_INFINITY)),
      G: () => (open ? panes.transcript?.goToEnd(1) : list?.step(Number.POSITIVE_INFINITY)),
      x: () => panes.sessions?.pick(false),
      X: () => panes.sessions?.pick(true),
      Escape: () => !document.querySelector("dialog[open]") && leave(open),
    };
    keys.Home = keys.g;
    keys.End = keys.G;
    // Where arrows do not scroll, they go from row to row.
    if (!open && !arrowsIn(event)) {
      keys.ArrowDown = keys.j;
      keys.ArrowUp = keys.k;
    }
    if (!keys[event.key]) return;
    if (event.key !== "Escape") event.preventDefault();
    keys[event.key]();
  });

  // Painted buttons work before the panes do.
  document.addEventListener("click", (event) => {
    const act = event.composedPath().find((node) => node.dataset?.act);
    if (act?.dataset.act === "theme") toggleTheme();
    if (act?.dataset.act === "help") toggleHelp();
    if (event.target.matches("a.skip[href='#side']")) {
      event.preventDefault();
      (document.body.dataset.view === "search" ? panes.results : panes.sessions)?.enter();
    }
    if (act?.dataset.act === "activity") {
      document.body.dataset.narrow = "activity";
      if (document.body.dataset.view === "session") panes.transcript?.close();
    }
    const chosen = event
      .composedPath()
      .find((node) => node.dataset && (node.dataset.set || node.matches?.("a.brand")));
    if (chosen) delete document.body.dataset.narrow;
  });

  // Times are in the server's time zone; pointing at one tells the reader's own.
  document.addEventListener("mouseover", (event) => {
    const time = event.composedPath().find((node) => node.tagName === "TIME");
    const at = time && new Date(time.getAttribute("datetime"));
    if (at && !Number.isNaN(at.getTime())) time.title = `${at.toLocaleString()} in your time zone`;
  });

  // A choice in a plain form is sent as it is made.
  document.addEventListener("change", (event) => {
    if ("submit" in event.target.dataset) event.target.form.submit();
  });

  // As Panel calls it: it would bring a script for browsers that know no modules.
  window.importShim = (address) => import(address);
  // Our scripts import nothing by a name.
  window.importShim.addImportMap = () => {};

  window.cca = {
    panes,
    // What the panes run once Panel has made them.
    renders: {},
    adopt,
    fill,
    reason,
    wire,
    show,
    release,
    live,
    heard,
    shine: (worst = trouble) => {
      trouble = worst;
      shine(state);
    },
    highlight,
    patternOf,
    mark,
    moreOf,
    closes,
    stepIn,
    enter,
    onScroll,
    isBusy: () => isField(focused()),
  };
})();
