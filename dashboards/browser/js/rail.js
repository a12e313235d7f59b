// Going about in one conversation: a text in it, failures and prompts, and a rail that shows where.
(() => {
  const TYPING = 120;
  // After a session is opened its messages come first.
  const OUTLINE_DELAY = 350;
  // A conversation of one screen needs no rail.
  const FEWEST = 25;
  const NAMES = { failure: ["failed call", "failed calls"], prompt: ["prompt", "prompts"] };
  // Beside a number of a number there is room for one word.
  const SHORT = { failure: "failed", prompt: "prompts" };

  async function get(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }

  // `pane` is what the transcript offers: el, head, feed, articles, reach, reason, chosen.
  function rail(pane) {
    const { el } = pane;
    let outline = null;
    let places = new Map();
    let stops = [];
    let at = -1;
    // The number of the failure, and of the prompt, that somebody stepped to.
    let reached = {};
    let asked = 0;
    let timer = 0;
    let delay = 0;
    const box = document.createElement("div");
    box.className = "rail";
    box.setAttribute("aria-hidden", "true");

    // What is scrolled to must not hide under the head, whatever the head shows.
    const sizes = new ResizeObserver(measure);

    // --- the outline of the conversation that is open

    function opened() {
      outline = null;
      stops = [];
      reached = {};
      at = -1;
      asked += 1;
      clearTimeout(delay);
      box.replaceChildren();
      if (!pane.head()) return;
      pane.head().append(box);
      sizes.observe(pane.head());
      measure();
      delay = setTimeout(sketch, OUTLINE_DELAY);
    }

    async function sketch() {
      const feed = pane.feed();
      if (!feed) return;
      try {
        const read = await get(address("outline", feed));
        if (pane.feed() !== feed) return;
        outline = read;
        places = new Map(read.entries.map((entry, place) => [entry, place]));
        tellSteps();
        draw();
      } catch {
        // The conversation can be read without it; the next message asks again.
      }
    }

    const address = (what, feed, more = {}) =>
      `/api/${what}?${new URLSearchParams({
        session: feed.dataset.session,
        agent: feed.dataset.agent || "",
        ...more,
      })}`;

    // --- failures and prompts

    const stopsOf = (kind) => outline?.[`${kind}s`] || [];

    function tellSteps() {
      const group = pane.head()?.querySelector("[data-steps]");
      if (!group) return;
      // A button that is pressed, or has the focus, stays the same.
      const all = ["failure", "prompt"].filter((kind) => stopsOf(kind).length);
      if (!all.every((kind) => group.querySelector(`.stepper.${kind}`)))
        group.replaceChildren(...all.map(stepper));
      for (const kind of all) tellStep(kind);
    }

    function tellStep(kind) {
      const name = pane.head()?.querySelector(`.stepper.${kind} span`);
      const count = stopsOf(kind).length;
      const number = reached[kind];
      if (name)
        name.textContent = number
          ? `${number} of ${count.toLocaleString("en")} ${SHORT[kind]}`
          : named(kind, count);
    }

    function stepper(kind) {
      const one = document.createElement("span");
      one.className = `stepper ${kind}`;
      one.append(
        document.createElement("span"),
        arrow(`Previous ${NAMES[kind][0]}`, "‹", kind, -1),
        arrow(`Next ${NAMES[kind][0]}`, "›", kind, 1),
      );
      return one;
    }

    function arrow(label, sign, kind, by) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      button.title = label;
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => step(kind, by));
      return button;
    }

    // The next of its kind after the chosen message, or after what is on top of the screen.
    async function step(kind, by) {
      if (!outline) await sketch();
      const here = pane.chosen() ? placeOf(pane.chosen()) : seen()[0] - (by > 0 ? 1 : 0);
      const list = stopsOf(kind);
      const isNext = ({ place, use }) =>
        (by > 0 ? place > here : place < here) && !isIn(use, pane.chosen());
      const found = by > 0 ? list.findIndex(isNext) : list.findLastIndex(isNext);
      // After the last one comes the first.
      const furthest = by > 0 ? 0 : list.length - 1;
      const number = found < 0 ? furthest : found;
      const stop = list[number];
      if (!stop) return;
      await pane.reach(stop.entry, { use: stop.use, isOpen: kind === "failure" });
      reached[kind] = number + 1;
      tellStep(kind);
    }

    const named = (kind, count) =>
      `${count.toLocaleString("en")} ${NAMES[kind][count === 1 ? 0 : 1]}`;

    // A call's result stands after it in the file and inside it on the page.
    const isIn = (use, article) =>
      Boolean(use && article?.querySelector(`[data-use="${CSS.escape(use)}"]`));

    const placeOf = (article) => places.get(article?.dataset.id) ?? -1;

    // The places of the first and the last message in sight.
    function seen() {
      const { top, bottom } = el.getBoundingClientRect();
      const first = top + (pane.head()?.offsetHeight || 0);
      let [from, to] = [-1, -1];
      for (const article of pane.articles()) {
        const area = article.getBoundingClientRect();
        if (area.bottom <= first) continue;
        if (area.top >= bottom) break;
        const place = placeOf(article);
        if (place < 0) continue;
        from = from < 0 ? place : from;
        to = place;
      }
      return [from, to];
    }

    // --- the rail: where things are in all of it, and what of it is on the screen

    function draw() {
      const total = outline?.entries.length || 0;
      box.hidden = total < FEWEST;
      if (box.hidden) return;
      const view = document.createElement("b");
      box.replaceChildren(
        ...marks("prompt", stopsOf("prompt"), total),
        ...marks("failure", stopsOf("failure"), total),
        ...marks("found", stops, total),
        view,
      );
      follow();
    }

    // Marks closer together than one can see are one.
    function marks(kind, list, total) {
      const tops = new Set(list.map(({ place }) => Math.round((400 * place) / total) / 4));
      return [...tops].map((top) => {
        const mark = document.createElement("i");
        mark.className = kind;
        mark.style.top = `${top}%`;
        return mark;
      });
    }

    function follow() {
      const view = box.querySelector("b");
      if (!view || !outline) return;
      const [from, to] = seen();
      view.hidden = from < 0;
      view.style.top = `${(100 * from) / outline.entries.length}%`;
      view.style.height = `${(100 * (to - from + 1)) / outline.entries.length}%`;
    }

    function measure() {
      const head = pane.head();
      if (!head) return;
      el.style.setProperty("--head", `${head.offsetHeight}px`);
      el.style.setProperty("--view", `${el.clientHeight}px`);
    }

    box.addEventListener("click", (event) => {
      const { top, height } = box.getBoundingClientRect();
      const total = outline?.entries.length || 0;
      const place = Math.floor((total * (event.clientY - top)) / height);
      const entry = outline?.entries[Math.max(0, Math.min(total - 1, place))];
      if (entry) pane.reach(entry);
    });

    // --- a text in the conversation

    const bar = () => pane.head()?.querySelector(".find");

    // What stands in the field while somebody writes in it.
    function typing() {
      const input = bar()?.querySelector("input");
      return input?.matches(":focus") ? input.value : null;
    }

    function showBar() {
      const head = pane.head();
      if (!head) return null;
      if (!bar()) head.append(made());
      bar().hidden = false;
      measure();
      return bar().querySelector("input");
    }

    // The words of the search that led here, from the match that was opened; whoever reads keeps
    // the focus, and after a reload the place too.
    async function openSearch(query, entry, isBack) {
      const input = showBar();
      if (!input) return;
      input.value = query;
      bar().dataset.search = "";
      await look(entry, isBack);
      // A title that was found is not in the conversation.
      if (!stops.length && bar() && "search" in bar().dataset) hideFind();
    }

    // `text` was typed before the field was there.
    function openFind(text = "") {
      const input = showBar();
      if (!input) return;
      input.focus();
      input.select();
      if (text) {
        input.value = text;
        look();
      }
      // The texts are read while somebody types the first letter.
      else if (pane.feed()) get(address("find", pane.feed())).catch(() => {});
    }

    function made() {
      const form = document.createElement("form");
      form.className = "find";
      form.setAttribute("role", "search");
      form.innerHTML = `
        <input type="search" aria-label="Find in this session" placeholder="Find in this session"
          autocomplete="off" spellcheck="false" maxlength="200">
        <span class="count" role="status"></span>
        <button type="button" data-by="-1" title="Previous match (Shift+Enter)"
          aria-label="Previous match">‹</button>
        <button type="button" data-by="1" title="Next match (Enter)"
          aria-label="Next match">›</button>
        <button type="button" data-close title="Close (Esc)" aria-label="Close">×</button>`;
      const input = form.querySelector("input");
      input.addEventListener("input", () => {
        delete form.dataset.search;
        clearTimeout(timer);
        timer = setTimeout(look, TYPING);
      });
      form.addEventListener("keydown", (event) => {
        if (event.isComposing) return;
        const by = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (event.key === "Escape") closeFind();
        else if (by && event.target === input) next(by);
        else return;
        event.preventDefault();
        event.stopPropagation();
      });
      form.addEventListener("click", ({ target }) => {
        if (target.dataset.by) next(Number(target.dataset.by));
        if ("close" in target.dataset) closeFind();
      });
      form.addEventListener("submit", (event) => event.preventDefault());
      return form;
    }

    const isFinding = () => Boolean(bar()) && !bar().hidden;

    function closeFind() {
      if (!isFinding()) return;
      hideFind();
      (pane.chosen() || el).focus({ preventScroll: true });
    }

    // Tells whether there was something to leave: the words of a search go with the session.
    function leaveFind() {
      if (!isFinding() || isSearch()) return false;
      closeFind();
      return true;
    }

    function hideFind() {
      bar().hidden = true;
      asked += 1;
      stops = [];
      at = -1;
      unmark();
      draw();
      measure();
    }

    // Each match is a stop: the passage that holds it, and which of its matches it is.
    async function look(entry = "", isStill = false) {
      const text = bar()?.querySelector("input").value.trim() || "";
      const mine = ++asked;
      clearTimeout(timer);
      timer = 0;
      if (!text) {
        stops = [];
        at = -1;
        unmark();
        tellCount("");
        return draw();
      }
      try {
        const found = await get(
          address("find", pane.feed(), { q: text, ...(isSearch() && { search: "1" }) }),
        );
        if (mine !== asked) return;
        stops = expanded(found);
        if (!outline) await sketch();
        unmark();
        draw();
        // Whoever went on meanwhile stays there.
        const isLeft = Boolean(entry) && !pane.chosen()?.matches(".target");
        const here = places.get(entry) ?? seen()[0];
        at = Math.max(
          0,
          stops.findIndex(({ place }) => place >= here),
        );
        if (stops.length && (isStill || isLeft)) tellPlace();
        else if (stops.length) await go();
        else tellCount("No matches");
      } catch (error) {
        tellCount(pane.reason(error));
      }
    }

    function expanded(found) {
      const before = new Map();
      return found.flatMap((one) => {
        const key = `${one.entry} ${one.use} ${one.kind}`;
        const first = before.get(key) || 0;
        before.set(key, first + one.count);
        return Array.from({ length: one.count }, (_, after) => ({ ...one, number: first + after }));
      });
    }

    async function next(by) {
      if (timer) return look();
      if (!stops.length) return;
      at = (at + by + stops.length) % stops.length;
      await go();
    }

    const isSearch = () => "search" in bar().dataset;

    const tellPlace = () =>
      tellCount(
        `${(at + 1).toLocaleString("en")} of ${stops.length.toLocaleString("en")} ${stops.length === 1 ? "place" : "places"}`,
      );

    async function go() {
      const stop = stops[at];
      tellPlace();
      const mine = asked;
      const place = await pane.reach(stop.entry, { use: stop.use, isOpen: true, isKept: true });
      if (!place || mine !== asked || stops[at] !== stop) return;
      unmark();
      const text = bar().querySelector("input").value;
      const pattern = isSearch() ? window.cca.patternOf(text) : patternOf(text);
      if (!pattern) return;
      const found = scopes(place, stop).flatMap((scope) =>
        window.cca.mark(scope, pattern, "found"),
      );
      // What a call was given stands above its result.
      const first = stop.kind === "tool_result" ? Math.max(0, found.length - stop.count) : 0;
      const mark = found[Math.min(found.length - 1, first + stop.number)];
      mark?.classList.add("here");
      (mark || place).scrollIntoView({ block: mark ? "center" : "start" });
    }

    // The elements that show the passage of a stop.
    function scopes(place, { entry, use, kind }) {
      if (use && place.matches("details")) return [place.querySelector(":scope > .body")];
      const parts = [
        ...place.querySelectorAll(
          kind === "thinking" ? "details.thinking" : `.prose[data-part="${CSS.escape(entry)}"]`,
        ),
      ];
      return parts.length ? parts : [place];
    }

    const patternOf = (text) =>
      new RegExp(
        text
          .trim()
          .split(/\s+/)
          .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
          .join("\\s+"),
        "giu",
      );

    function unmark() {
      for (const mark of el.querySelectorAll("mark.found")) {
        const text = mark.parentNode;
        mark.replaceWith(...mark.childNodes);
        text.normalize();
      }
    }

    function tellCount(text) {
      const count = bar()?.querySelector(".count");
      if (count) count.textContent = text;
    }

    window.cca.onScroll(el, follow);
    sizes.observe(el);

    // Whether there are matches to go to.
    function nextMatch(by) {
      if (!isFinding() || !stops.length) return false;
      next(by);
      return true;
    }

    // How many messages the conversation has, as far as it is known.
    const messages = () => outline?.entries.length || 0;

    return {
      opened,
      sketch,
      total: messages,
      step,
      openFind,
      openSearch,
      leaveFind,
      nextMatch,
      typing,
      measure,
    };
  }

  window.cca.rail = rail;
})();
