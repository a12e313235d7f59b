// Beside the matches of a search: the one that is pointed at, or has the focus, in its conversation.
(() => {
  const { fill, mark, patternOf, reason } = window.cca;
  const place = document.getElementById("preview");
  const [link, feed] = [place.querySelector("a"), place.appendChild(document.createElement("div"))];
  const WIDE = matchMedia("(min-width: 1280px)");
  const [PAUSE, KEPT] = [120, 30];
  const read = new Map();
  let isOff = localStorage.getItem("cca-preview") === "off";
  let shown = "";
  let current = null;
  let timer = 0;

  const isWanted = () => WIDE.matches && !isOff && document.body.dataset.view === "search";

  async function get(url) {
    if (!read.has(url)) {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(await answer.text());
      read.set(url, await answer.text());
      if (read.size > KEPT) read.delete(read.keys().next().value);
    }
    return read.get(url);
  }

  // After a pause: whoever runs through the matches waits for none of them.
  function preview(row) {
    clearTimeout(timer);
    if (!isWanted()) return hide();
    if (!row || row.href === shown) return;
    timer = setTimeout(() => show(row), PAUSE);
  }

  async function show(row) {
    const { session, m } = row.dataset;
    shown = row.href;
    current = row;
    try {
      const html = await get(`/api/preview?${new URLSearchParams({ session, m })}`);
      if (shown !== row.href || !isWanted()) return;
      fill(feed, html);
      await point(m);
    } catch (error) {
      feed.textContent = reason(error);
    }
    const title = row.closest(".group")?.querySelector(".title");
    link.textContent = title?.lastChild.textContent.trim() || "Open";
    link.href = row.href;
    place.hidden = false;
    // As long as it is there, it looks as a conversation does.
    [place.className, feed.className] = ["transcript", "feed"];
    document.body.dataset.preview = "1";
    arrive();
  }

  // The match: its article, and its call opened where it stands in one.
  async function point(id) {
    const safe = CSS.escape(id);
    const part = feed.querySelector(`[data-part="${safe}"], [data-result="${safe}"]`);
    const near = feed.querySelector(".window")?.dataset.nearest || id;
    const article =
      part?.closest("article") || feed.querySelector(`article[data-id="${CSS.escape(near)}"]`);
    article?.classList.add("target");
    if (part?.matches("details.tool")) {
      part.open = true;
      await unfold(part);
    }
    const pattern = patternOf(new URLSearchParams(location.search).get("q") || "");
    if (article && pattern) mark(article, pattern);
  }

  // Once for each call: it opens by us, and then tells that it was opened.
  const unfolding = new WeakMap();
  function unfold(tool) {
    if (!unfolding.has(tool)) unfolding.set(tool, readCall(tool));
    return unfolding.get(tool);
  }

  async function readCall(tool) {
    const body = tool.querySelector(":scope > .body");
    if (!body) return;
    try {
      fill(body, await get(tool.dataset.src));
    } catch (error) {
      body.textContent = reason(error);
    }
  }

  function arrive() {
    const article = feed.querySelector("article.target");
    const found = article?.querySelector("mark") || article;
    found?.scrollIntoView({ block: "center" });
  }

  function hide() {
    clearTimeout(timer);
    shown = "";
    feed.replaceChildren();
    place.hidden = true;
    [place.className, feed.className] = ["", ""];
    delete document.body.dataset.preview;
  }

  feed.addEventListener(
    "toggle",
    ({ target }) => target.matches("details.tool[open]") && unfold(target),
    true,
  );
  document.addEventListener("click", (event) => {
    const button = event.composedPath().find((node) => node.dataset?.act === "preview");
    if (!button) return;
    isOff = !isOff;
    localStorage.setItem("cca-preview", isOff ? "off" : "");
    window.cca.panes.results?.look();
  });
  // As a click on the match does, without loading the page again.
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || !current?.isConnected) return;
    event.preventDefault();
    current.click();
  });
  WIDE.addEventListener("change", () => window.cca.panes.results?.look());

  Object.assign(window.cca, { preview, hidePreview: hide, isPreviewOff: () => isOff });
})();
