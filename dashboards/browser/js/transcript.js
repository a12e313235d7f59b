window.cca.renders.transcript = ({ model, el }) => {
  const { adopt, fill, renew, calmly, forget, reason, wire, show, panes } = window.cca;
  const { highlight, isBusy, wrapBlocks, shrinkHead, release } = window.cca;
  const set = (changes) => model.send_msg({ type: "set", changes });
  const AHEAD = 2500;
  const SETTLED = 150;
  // A reload keeps what is hidden, and so does the next session of this tab.
  const hidden = { tools: false, thinking: false, ...kept() };
  let reading = new AbortController();
  // Counts where somebody wants to go: whoever goes on before a place is read does not land there.
  let going = 0;

  async function read(url) {
    const answer = await fetch(url, { signal: reading.signal });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.text();
  }

  const head = () => el.querySelector(".session-head");
  const feed = () => el.querySelector(".feed");
  const articles = () => [...el.querySelectorAll(":scope > .feed > .window > article")];

  // --- opening a session

  function opened() {
    document.title = head() ? `${head().dataset.title} · Conversations` : "Conversations";
    arrange(head()?.dataset.show || localStorage.getItem(LAYOUT) || "");
    hideAgain();
    wrap(localStorage.getItem(WRAP) === "1");
    el.scrollTop = 0;
    rail.opened();
    const before = history.state?.at;
    const wanted = head()?.dataset.m;
    const target = wanted && arriveAt(wanted);
    const isBack = Boolean(head() && before?.of === nameOf());
    const query = wanted && new URLSearchParams(location.search).get("q");
    if (query) rail.openSearch(query, wanted, isBack);
    if (isBack) return comeBack(before);
    if (!wanted) return grow();
    settle(() => target?.scrollIntoView({ block: "center" }));
  }

  // Articles out of view have guessed heights: what was scrolled to moves once they are drawn.
  function settle(scroll, frames = 4) {
    scroll();
    if (frames > 0) requestAnimationFrame(() => settle(scroll, frames - 1));
    else grow();
  }

  // Where an entry is shown: its call, else its article.
  function placeOf(id, use = "") {
    const safe = CSS.escape(id);
    const call = use && el.querySelector(`details.tool[data-use="${CSS.escape(use)}"]`);
    if (call) return call;
    const part = el.querySelector(`[data-part="${safe}"], [data-result="${safe}"]`);
    if (part) return part.matches("details") ? part : part.closest("article");
    return el.querySelector(`article[data-id="${safe}"]`);
  }

  // An entry that shows nothing is reached at the message before it.
  const nearTo = (id) =>
    el.querySelector(
      `article[data-id="${CSS.escape(el.querySelector(".window")?.dataset.nearest || id)}"]`,
    );

  function arriveAt(id) {
    const part = placeOf(id) || nearTo(id);
    const article = part?.closest("article");
    if (!article) return null;
    if (part.matches("details")) part.open = true;
    uncover(part);
    select(article);
    article.classList.add("target");
    highlight(article);
    return part;
  }

  // Goes to an entry, wherever it stands; `isKept` leaves the focus where it is.
  async function reach(id, { use = "", isOpen = false, isKept = false } = {}) {
    const mine = ++going;
    const before = selected();
    let place = placeOf(id, use);
    if (!place && (await load("around", id))) place = placeOf(id, use) || nearTo(id);
    if (!place) return null;
    uncover(place);
    if (isOpen && place.matches("details.tool")) {
      place.open = true;
      await unfoldTool(place);
    }
    // Whoever went on meanwhile stays there.
    if (mine !== going) return null;
    if (isKept && before?.isConnected && selected() !== before) return null;
    choose(place.closest("article"));
    if (!isKept) focusOn(selected());
    settle(() => isKept || place.scrollIntoView({ block: "start" }));
    return place;
  }

  // Reads another part of the conversation in place of what is shown; tells whether it is there.
  async function load(side, id) {
    const place = feed();
    const mine = going;
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    place.setAttribute("aria-busy", "true");
    try {
      const html = await read(windowUrl(place, side, id));
      if (feed() !== place || mine !== going) return false;
      fill(place, html);
      hideAgain();
      return true;
    } catch (error) {
      if (error.name !== "AbortError") window.cca.say(reason(error));
      return false;
    } finally {
      // Another part may be on its way already.
      if (!signal.aborted) place.setAttribute("aria-busy", "false");
    }
  }

  async function goToEnd(by) {
    if (!feed()) return;
    going += 1;
    const windows = feed().querySelectorAll(":scope > .window");
    const edge = by < 0 ? windows[0] : windows[windows.length - 1];
    const isElsewhere = edge?.dataset[by < 0 ? "before" : "after"] === "1";
    if (isElsewhere && !(await load(by < 0 ? "after" : "end", by < 0 ? "" : "1"))) return;
    const article = by < 0 ? articles()[0] : lastArticle();
    if (!article) return;
    select(article);
    settle(() => {
      if (by < 0) el.scrollTop = 0;
      else article.scrollIntoView({ block: "end" });
    });
  }

  // --- a reload, and the way back, lead to the place that was read

  const nameOf = () => `${head()?.dataset.session} ${head()?.dataset.agent}`;

  function remember() {
    if (document.body.dataset.view !== "session") return;
    const top = el.getBoundingClientRect().top;
    const first = top + (head()?.offsetHeight || 0);
    const article = articles().find((one) => one.getBoundingClientRect().bottom > first);
    if (!article) return;
    const at = { of: nameOf(), id: article.dataset.id };
    at.top = article.getBoundingClientRect().top - top;
    history.replaceState({ ...history.state, at }, "");
  }

  async function comeBack({ id, top }) {
    if (!placeOf(id)) await load("around", id);
    const article = (placeOf(id) || nearTo(id))?.closest("article");
    if (!article) return grow();
    settle(() => {
      el.scrollTop += article.getBoundingClientRect().top - el.getBoundingClientRect().top - top;
    });
  }

  // --- windows in both directions

  function windowUrl(place, side, id) {
    const { session, agent } = place.dataset;
    return `/api/window?${new URLSearchParams({ session, agent: agent || "", [side]: id })}`;
  }

  async function extend(place, side) {
    const windows = place.querySelectorAll(":scope > .window");
    const edge = side === "after" ? windows[windows.length - 1] : windows[0];
    // A window at both ends is read on from in both directions.
    const loading = `${side}Loading`;
    if (edge?.dataset[side] !== "1" || edge.dataset[loading]) return false;
    edge.dataset[loading] = "1";
    place.setAttribute("aria-busy", "true");
    try {
      const html = await read(
        windowUrl(place, side, side === "after" ? edge.dataset.last : edge.dataset.first),
      );
      const chunk = document.createElement("template");
      fill(chunk, html);
      edge.dataset[side] = "0";
      const top = edge.getBoundingClientRect().top;
      if (side === "after") edge.after(chunk.content);
      else edge.before(chunk.content);
      end();
      // What is being read stays where it is, whether or not the browser saw to that already.
      if (side === "before") scroller(place).scrollTop += edge.getBoundingClientRect().top - top;
      place.setAttribute("aria-busy", "false");
      requestAnimationFrame(() => growIn(place));
      return true;
    } catch (error) {
      if (error.name === "AbortError") return false;
      say(place, reason(error));
      return false;
    } finally {
      delete edge.dataset[loading];
    }
  }

  // A subagent's conversation scrolls inside its call.
  const scroller = (place) => (place.closest(".agent") ? place : el);

  function growIn(place) {
    const box = scroller(place);
    if (box.scrollTop + box.clientHeight + AHEAD > box.scrollHeight) extend(place, "after");
    if (box.scrollTop < 600) extend(place, "before");
  }

  const grow = () => feed() && growIn(feed());

  // --- new entries: add articles at the end, replace changed ones

  let isReadingNews = false;
  let isMoreNews = false;
  async function news(facts, noted) {
    if (noted) panes.tools?.noted(noted);
    const line = el.querySelector(".session-head .facts");
    if (line && facts) renew(line, parsed(facts).firstElementChild.innerHTML);
    const last = lastWindow();
    if (!last) return;
    // What comes while this is read may not be in it.
    isMoreNews = isReadingNews;
    if (isReadingNews) return;
    isReadingNews = true;
    try {
      if (last.dataset.after === "1") await countNews(feed());
      else await readNews(last);
    } catch {
      // The next tick asks again; the status in the header says what is wrong.
    } finally {
      isReadingNews = false;
    }
    if (isMoreNews) news();
  }

  function parsed(html) {
    const fresh = document.createElement("template");
    fill(fresh, html);
    return fresh.content;
  }

  const lastWindow = () => [...(feed()?.querySelectorAll(":scope > .window") || [])].at(-1);

  async function readNews(last) {
    const fresh = parsed(await read(windowUrl(feed(), "from", last.dataset.first)));
    calmly(el, () => last.isConnected && merge(last, fresh.querySelector(".window")));
  }

  // The end is not read yet: scrolling there reads it, and until then the outline counts.
  async function countNews(place) {
    const before = rail.total();
    await rail.sketch();
    const added = rail.total() - before;
    if (before && added > 0 && feed() === place) tellOf(added);
  }

  function merge(old, fresh) {
    const isAtEnd =
      lastArticle()?.getBoundingClientRect().bottom < el.getBoundingClientRect().bottom + 40;
    const known = new Map(
      [...old.querySelectorAll(":scope > article")].map((article) => [article.dataset.id, article]),
    );
    let added = 0;
    for (const article of [...fresh.querySelectorAll(":scope > article")]) {
      const before = known.get(article.dataset.id);
      if (!before) {
        old.append(article);
        added += 1;
      } else if (written(before) !== written(article)) rewrite(before, article);
    }
    if (added) old.querySelector(":scope > .remark")?.remove();
    for (const name of ["first", "last", "after"]) old.dataset[name] = fresh.dataset[name];
    hideAgain();
    if (added) rail.sketch();
    if (added && isAtEnd) lastArticle().scrollIntoView({ block: "end" });
    else if (added) tellOf(added);
    requestAnimationFrame(grow);
  }

  const lastArticle = () => articles().findLast((one) => one.checkVisibility());

  // Compared by what the server wrote, whatever was opened or loaded since.
  const written = (article) => [...article.children].map(writtenPart).join("");
  const writtenPart = (part) => {
    const copy = document.createElement("div");
    copy.append(part.cloneNode(true));
    for (const menu of copy.querySelectorAll("details")) menu.removeAttribute("open");
    for (const body of copy.querySelectorAll(".body")) body.replaceWith("body");
    for (const block of copy.querySelectorAll(".block")) unwrap(block);
    for (const mark of copy.querySelectorAll("mark, .dots")) mark.replaceWith(mark.textContent);
    copy.normalize();
    return copy.innerHTML;
  };

  // As the server wrote it: without what the page put around it.
  const unwrap = (block) => block.replaceWith(...block.querySelectorAll(":scope > :is(pre, .all)"));

  // What is as it was stays: opened, selected, marked, and with the focus.
  function rewrite(before, article) {
    const old = [...before.children];
    const focused = el.getRootNode().activeElement;
    let at = before.firstElementChild;
    for (const part of [...article.children]) {
      const same = old.find((one) => one.isConnected && writtenPart(one) === writtenPart(part));
      if (same) {
        while (at !== same) at = dropped(at);
        at = same.nextElementSibling;
      } else {
        before.insertBefore(part, at);
        carry(part, old, focused);
      }
      old.splice(0, same ? old.indexOf(same) + 1 : 0);
    }
    while (at) at = dropped(at);
    before.classList.toggle("failed", article.matches(".failed"));
  }

  function dropped(node) {
    const next = node.nextElementSibling;
    node.remove();
    return next;
  }

  // A call that got its result is open if it was, and has the focus if it had.
  function carry(part, old, focused) {
    const use = part.dataset.use;
    const before = use && old.find((one) => one.dataset.use === use);
    if (before?.open) part.open = true;
    if (before?.contains(focused)) part.querySelector("summary").focus({ preventScroll: true });
  }

  function tellOf(added) {
    const chip = el.querySelector(".news") || el.appendChild(document.createElement("button"));
    const count = Number(chip.dataset.count || 0) + added;
    chip.type = "button";
    chip.className = "news";
    chip.dataset.count = count;
    chip.textContent = `${count} new ${count === 1 ? "message" : "messages"} ↓`;
  }

  function forgetNews() {
    const chip = el.querySelector(".news");
    if (!chip || lastWindow()?.dataset.after === "1") return;
    if (lastArticle()?.getBoundingClientRect().top < el.getBoundingClientRect().bottom)
      chip.remove();
  }

  function goToNews() {
    if (lastWindow()?.dataset.after === "1") goToEnd(1);
    else lastArticle()?.scrollIntoView({ block: "end" });
  }

  function say(place, text) {
    const line = document.createElement("p");
    line.className = "remark";
    line.setAttribute("role", "alert");
    line.textContent = text;
    place?.append(line);
  }

  // --- folded parts

  async function openAgent(agent) {
    const place = agent.querySelector(":scope > .feed");
    if (place.childElementCount) return;
    try {
      fill(place, await read(agent.dataset.window));
    } catch (error) {
      if (error.name !== "AbortError") say(place, reason(error));
    }
  }

  const unfolding = new WeakMap();
  function unfoldTool(tool) {
    const body = tool.querySelector(":scope > .body");
    if (!body) return null;
    if (!unfolding.has(body)) unfolding.set(body, readTool(tool, body));
    return unfolding.get(body);
  }

  async function readTool(tool, body) {
    body.classList.add("waiting");
    try {
      fill(body, await read(tool.dataset.src));
      const agent = body.querySelector("div.agent");
      if (agent) await openAgent(agent);
      if (tool.closest("article.target")) {
        highlight(body);
        body.querySelector("mark")?.scrollIntoView({ block: "center" });
      }
    } catch (error) {
      if (error.name !== "AbortError") say(body, reason(error));
      unfolding.delete(body);
    }
    body.classList.remove("waiting");
  }

  // A long text comes in parts: a browser lays out 10 MB at once in seconds, a part at once.
  async function showAll(button) {
    button.disabled = true;
    try {
      const start = Number(button.dataset.start || 0);
      const answer = await fetch(`${button.dataset.text}&start=${start}`, {
        signal: reading.signal,
      });
      if (!answer.ok) throw new Error(await answer.text());
      const part = document.createElement("span");
      part.className = "part";
      part.textContent = await answer.text();
      let whole = button.previousElementSibling;
      if (!start) {
        const fresh = document.createElement("pre");
        fresh.tabIndex = 0;
        (whole?.matches("pre, .prose") ? whole : button).replaceWith(fresh);
        if (!button.isConnected) fresh.after(button);
        whole = fresh;
      }
      whole.append(part);
      const next = answer.headers.get("X-Next");
      const total = Number(answer.headers.get("X-Total"));
      if (!next) return button.remove();
      button.dataset.start = next;
      const shown = `${Number(next).toLocaleString("en")} of ${total.toLocaleString("en")}`;
      button.textContent = `Show more (${shown} characters are shown)`;
    } catch (error) {
      if (error.name !== "AbortError") say(button.parentElement, reason(error));
    }
    button.disabled = false;
  }

  async function reveal(button) {
    const article = button.closest("article");
    const place = article.closest(".feed");
    button.disabled = true;
    try {
      const fresh = document.createElement("template");
      fill(fresh, await read(`${windowUrl(place, "from", article.dataset.id)}&reveal=1`));
      const shown = fresh.content.querySelector(
        `article[data-id="${CSS.escape(article.dataset.id)}"]`,
      );
      if (shown) {
        rewrite(article, shown);
        article.dataset.revealed = "";
      }
    } catch (error) {
      button.disabled = false;
      if (error.name !== "AbortError") say(button.parentElement, reason(error));
    }
  }

  // Each masked value is a button of its own, wherever it stands in the message.
  const DOTS = "•••";
  function wrapDots(node) {
    if (!node.textContent.includes(DOTS)) return;
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode())
      if (walker.currentNode.data.includes(DOTS)) found.push(walker.currentNode);
    for (const text of found) {
      const parent = text.parentElement;
      if (parent.closest(".dots") || !parent.closest("article")?.querySelector(":scope > .masked"))
        continue;
      const pieces = text.data.split(DOTS).flatMap((piece, at) => (at ? [dots(), piece] : [piece]));
      text.replaceWith(...pieces);
    }
  }

  function dots() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "dots";
    button.dataset.reveal = "";
    button.title = "Show what is hidden in this message";
    button.textContent = DOTS;
    return button;
  }

  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) dress(node);
  }).observe(el, { childList: true, subtree: true });
  function dress(node) {
    wrapDots(node);
    wrapBlocks(node);
  }
  dress(el);

  // --- from prompt to prompt, through windows that are not read yet

  async function stepPrompt(by) {
    const place = feed();
    if (!place) return;
    const mine = ++going;
    for (;;) {
      const all = articles();
      const top = el.getBoundingClientRect().top + (head()?.offsetHeight || 0) + 8;
      const here = selected()
        ? all.indexOf(selected())
        : all.findIndex((one) => one.getBoundingClientRect().bottom > top) - (by > 0 ? 1 : 0);
      const asked = all.filter(
        (one, at) => one.matches(".you") && (by > 0 ? at > here : at < here),
      );
      const next = by > 0 ? asked[0] : asked[asked.length - 1];
      if (next) return goTo(next);
      if (!(await extend(place, by > 0 ? "after" : "before")) || mine !== going) return;
    }
  }

  function goTo(article) {
    going += 1;
    select(article);
    settle(() => article.scrollIntoView({ block: "start" }));
  }

  async function listPrompts(menu) {
    const box = menu.querySelector(".popover");
    try {
      fill(box, await read(box.dataset.src));
    } catch (error) {
      if (error.name !== "AbortError") say(box, reason(error));
    }
  }

  function kept() {
    return JSON.parse(sessionStorage.getItem("cca-hidden") || "{}");
  }

  function hideAgain() {
    end();
    for (const [name, off] of Object.entries(hidden)) if (off) toggle(name, false);
  }

  // --- all of it, what was said, or what was asked and the last answer to it

  const LAYOUT = "cca-layout";

  function arrange(layout) {
    if (!feed()) return;
    const shown = layout === "everything" ? "" : layout;
    for (const place of [head(), feed()]) place.dataset.show = shown;
    head().querySelector("select.layout").value = shown || "everything";
    end();
  }

  // The last words of Claude before each prompt, and those at the end of what was read.
  function end() {
    if (feed()?.dataset.show !== "prompts") return;
    let last = null;
    for (const article of articles()) {
      article.classList.remove("last-said");
      if (article.matches(".you")) {
        last?.classList.add("last-said");
        last = null;
      } else if (article.matches(".claude:has(> .prose)")) last = article;
    }
    last?.classList.add("last-said");
  }

  // The message that is read stays in sight, or the one before it that is still shown.
  function rearrange(layout) {
    const top = el.getBoundingClientRect().top + (head()?.offsetHeight || 0);
    const all = articles();
    const at = all.findIndex(
      (one) => one.checkVisibility() && one.getBoundingClientRect().bottom > top,
    );
    arrange(layout);
    localStorage.setItem(LAYOUT, layout);
    const near = all.slice(0, at + 1).findLast((one) => one.checkVisibility());
    settle(() => near?.scrollIntoView({ block: "start" }));
  }

  // What somebody goes to is shown, whatever was to be shown before.
  function uncover(place) {
    if (!feed().dataset.show || place.checkVisibility()) return;
    arrange("");
    // The address says what is shown; what somebody chose is still remembered.
    set({ show: "everything" });
  }

  el.addEventListener("change", ({ target }) => {
    if (!target.matches("select.layout")) return;
    rearrange(target.value);
    set({ show: target.value });
  });

  function toggle(name, on) {
    if (name === "wrap") return wrap(on);
    hidden[name] = !on;
    sessionStorage.setItem("cca-hidden", JSON.stringify(hidden));
    feed()?.classList.toggle(`no-${name}`, !on);
    el.querySelector(`[data-toggle="${name}"]`)?.setAttribute("aria-pressed", String(on));
  }

  const WRAP = "cca-wrap";
  function wrap(on) {
    el.classList.toggle("wrap", on);
    el.querySelector('[data-toggle="wrap"]')?.setAttribute("aria-pressed", String(on));
    localStorage.setItem(WRAP, on ? "1" : "");
  }

  // --- keyboard

  const selected = () => el.querySelector("article.selected");
  // Whoever has begun to write keeps the focus.
  function focusOn(article) {
    if (!isBusy()) article.focus({ preventScroll: true });
  }
  function choose(article) {
    selected()?.classList.remove("selected");
    article.classList.add("selected");
  }
  function select(article) {
    choose(article);
    focusOn(article);
    panes.tools?.point(article);
  }

  const rail = window.cca.rail({ el, head, feed, articles, reach, reason, chosen: selected });
  panes.transcript = {
    stepPrompt,
    stepFailure: (by) => rail.step("failure", by),
    find: (text) => rail.openFind(text),
    nextMatch: rail.nextMatch,
    goToEnd,
    step(by) {
      const all = articles().filter((one) => one.checkVisibility());
      const top = el.getBoundingClientRect().top + (head()?.offsetHeight || 0);
      const at = all.indexOf(selected());
      const visible = all.findIndex((article) => article.getBoundingClientRect().bottom > top + 8);
      const next =
        all[at < 0 ? Math.max(0, visible) : Math.max(0, Math.min(all.length - 1, at + by))];
      if (!next) return;
      going += 1;
      select(next);
      next.scrollIntoView({ block: "nearest" });
    },
    unfold() {
      const parts = [...(selected()?.querySelectorAll("details") || [])];
      const open = parts.some((part) => !part.open);
      for (const part of parts) part.open = open;
    },
    leave: () => rail.leaveFind() || panes.transcript.close(),
    close: () => set({ session: "", agent: "", m: "" }),
  };

  // --- events

  adopt("transcript", el);
  wire(el, model);
  el.tabIndex = -1;
  // `scroll` does not bubble: this one hears the feeds of subagents too.
  el.addEventListener(
    "scroll",
    ({ target }) => growIn(target.matches?.(".agent .feed") ? target : feed() || el),
    { passive: true, capture: true },
  );
  el.addEventListener("scroll", () => shrinkHead(el), { passive: true });
  let settling = 0;
  el.addEventListener(
    "scroll",
    () => {
      forgetNews();
      clearTimeout(settling);
      settling = setTimeout(remember, SETTLED);
    },
    { passive: true },
  );
  // `toggle` does not bubble; a capturing listener sees it all the same.
  el.addEventListener(
    "toggle",
    ({ target }) => {
      if (target.matches("details.tool[open]")) unfoldTool(target);
      if (target.matches("details.jump[open]")) listPrompts(target);
      if (target.matches("details.agent[open]")) openAgent(target);
    },
    true,
  );
  document.addEventListener("click", (event) => {
    for (const menu of el.querySelectorAll("details.jump[open]"))
      if (!event.composedPath().includes(menu)) menu.open = false;
  });
  el.addEventListener("click", (event) => {
    const { target } = event;
    const button = target.closest("button");
    if (button?.matches(".news")) goToNews();
    if (button?.dataset.text) showAll(button);
    if (button && "reveal" in button.dataset) reveal(button);
    const jump = target.closest("a[data-jump]");
    if (jump && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      jump.closest("details.jump")?.removeAttribute("open");
      const there = el.querySelector(`article[data-id="${CSS.escape(jump.dataset.jump)}"]`);
      if (there) goTo(there);
      else set({ m: jump.dataset.jump, agent: feed().dataset.agent || "" });
    }
    if (button?.dataset.toggle)
      toggle(button.dataset.toggle, button.getAttribute("aria-pressed") !== "true");
    if (button?.dataset.act === "close") panes.transcript.close();
    if (button?.dataset.act === "find") rail.openFind();
    const article = target.closest("article");
    if (article && !target.closest("a, button, summary")) {
      choose(article);
    }
  });

  model.on("msg:custom", (message) => {
    if (message.type === "url") {
      if (message.push) {
        remember();
        panes.sessions?.remember();
      }
      history[message.push ? "pushState" : "replaceState"](
        message.push ? {} : history.state,
        "",
        location.pathname + message.search,
      );
      show(message.search);
      return;
    }
    if (message.type === "news") return news(message.html, message.noted);
    forget(el);
    reading.abort();
    reading = new AbortController();
    const typing = rail.typing();
    fill(el, message.html);
    panes.tools?.point(null);
    show(location.search);
    opened();
    if (typing !== null) rail.openFind(typing);
    // The keys of a reader go to what was opened, or back to the row it was opened from.
    if (isBusy()) return;
    if (head()) el.focus({ preventScroll: true });
    else if (document.body.dataset.view === "search") panes.results?.comeBack();
    else panes.sessions?.comeBack();
  });
  const onPop = () => {
    show(location.search);
    model.send_msg({ type: "pop", search: location.search });
  };
  window.addEventListener("popstate", onPop);
  window.addEventListener("beforeunload", remember);
  model.on("remove", () => {
    window.removeEventListener("popstate", onPop);
    window.removeEventListener("beforeunload", remember);
  });
  opened();
  release();
};
