// What the panes share: adopting painted HTML, the address bar, theme and keyboard.
(() => {
  const panes = {};

  function adopt(name, el) {
    const painted = document.getElementById(`painted-${name}`);
    if (!painted) return;
    const top = painted.scrollTop;
    el.replaceChildren(...painted.childNodes);
    painted.remove();
    el.scrollTop = top;
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
    el.addEventListener("click", (event) => {
      const target = event
        .composedPath()
        .find(
          (node) =>
            node.dataset &&
            (node.dataset.set || node.dataset.session || node.dataset.agent) &&
            node.matches("a, button"),
        );
      if (!target || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      model.send_msg({ type: "set", changes: changesOf(target.dataset) });
    });
  }

  // The bars of a chart are one stop of the tab key; arrows go from one to the next.
  function rove(el) {
    const bars = () => [...el.querySelectorAll(".chart .bar")];
    const stopAt = (chosen) => {
      for (const bar of bars()) bar.tabIndex = bar === chosen ? 0 : -1;
    };
    new MutationObserver(() => stopAt(bars().pop())).observe(el, {
      childList: true,
      subtree: true,
    });
    stopAt(bars().pop());
    el.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const all = by ? bars() : [];
      const next = all[all.indexOf(event.target.closest?.(".chart .bar")) + by];
      if (!by || !next || !event.target.matches(".chart .bar")) return;
      event.preventDefault();
      stopAt(next);
      next.focus();
    });
  }

  function changesOf({ set, session, agent, m }) {
    if (set) return JSON.parse(set);
    return session ? { session, agent: "", m: m || "" } : { agent, m: "" };
  }

  function show(search) {
    document.body.dataset.view = new URLSearchParams(search).get("session")
      ? "session"
      : "overview";
    if (document.body.dataset.view === "overview") panes.tools?.point(null);
  }

  // --- live: the server is asked while somebody looks, and says whether anything is new

  const TICK = 2000;
  const SILENCE = 7000;
  let ask = null;
  let heardAt = Date.now();
  let state = "";

  function heard(isAway) {
    heardAt = Date.now();
    shine(isAway ? "MongoDB not reachable" : "Live");
  }

  function shine(text) {
    state = text;
    const dot = panes.header?.dot();
    if (!dot || dot.textContent === text) return;
    dot.textContent = text;
    dot.title = text;
    dot.classList.toggle("away", text !== "Live");
  }

  function live(send) {
    ask = send;
  }

  setInterval(() => {
    if (!ask || document.hidden) {
      heardAt = Date.now();
      return;
    }
    if (Date.now() - heardAt > SILENCE) shine("Not connected");
    ask();
  }, TICK);

  // --- search words inside the opened message

  // The grammar of the search: -word and -"phrase" leave out, field:value is no text.
  // One minus before a word leaves it out, as in cca/search/typed.py.
  const PIECES =
    /(?:(?<!\S)(-)(?![->\s]))?(?:(?:kind|project|session|host):(?:"[^"]*"?|\S+)|"([^"]*)"?|(\S+))/g;

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
      if (!node.parentElement.closest(name ? "time, .who" : "mark, time, .who")) nodes.push(node);
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

  function toEnd(by) {
    if (document.body.dataset.view === "session") panes.transcript?.goToEnd(by);
    else panes.sessions?.step(by * 1e6);
  }

  function isTyping(event) {
    return isField(event.composedPath()[0]);
  }

  const isField = (node) =>
    node?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node?.tagName || "");

  const isReading = () =>
    document.body.dataset.view === "session" && !document.querySelector("dialog[open]");

  document.addEventListener("keydown", (event) => {
    // The browser's own search sees only what was read so far; a second press opens it.
    const isFind = (event.ctrlKey || event.metaKey) && event.key === "f" && !event.altKey;
    if (isFind && isReading() && !isFinding(event)) {
      event.preventDefault();
      panes.transcript?.find();
    }
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (isTyping(event)) {
      if (event.key === "Escape") event.composedPath()[0].blur();
      return;
    }
    const open = document.body.dataset.view === "session";
    const keys = {
      "/": () => panes.header?.focusSearch(),
      "?": toggleHelp,
      d: toggleTheme,
      j: () => (open ? panes.transcript?.step(1) : panes.sessions?.step(1)),
      k: () => (open ? panes.transcript?.step(-1) : panes.sessions?.step(-1)),
      o: () => (open ? panes.transcript?.unfold() : panes.sessions?.open()),
      "[": () => open && panes.transcript?.stepPrompt(-1),
      "]": () => open && panes.transcript?.stepPrompt(1),
      e: () => open && panes.transcript?.stepFailure(1),
      E: () => open && panes.transcript?.stepFailure(-1),
      f: () => open && panes.transcript?.find(),
      g: () => toEnd(-1),
      G: () => toEnd(1),
      Home: () => toEnd(-1),
      End: () => toEnd(1),
      Escape: () => open && !document.querySelector("dialog[open]") && panes.transcript?.close(),
    };
    if (!keys[event.key]) return;
    if (event.key !== "Escape") event.preventDefault();
    keys[event.key]();
  });

  // Painted buttons work before the panes do.
  document.addEventListener("click", (event) => {
    const act = event.composedPath().find((node) => node.dataset?.act);
    if (act?.dataset.act === "theme") toggleTheme();
    if (act?.dataset.act === "help") toggleHelp();
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

  window.cca = {
    panes,
    adopt,
    fill,
    reason,
    wire,
    show,
    live,
    heard,
    shine: () => shine(state),
    highlight,
    mark,
    isBusy: () => isField(focused()),
  };
})();
