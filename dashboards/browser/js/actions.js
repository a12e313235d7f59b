// Stars, notes, links and the status menu: one script for the whole page, whatever pane is meant.
(() => {
  const tools = document.getElementById("message-tools");
  const dialog = document.getElementById("note");
  let pointed = null; // the message the tools stand at
  let noted = null; // what the note is about

  const { say, toClipboard } = window.cca;

  // --- which session and message

  const pane = () =>
    document.querySelector("#painted-transcript") ||
    findPane(document.getElementById("conversation"));

  // The pane's content lies in a shadow root of its own.
  function findPane(root) {
    for (const node of root?.querySelectorAll("*") || []) {
      if (node.matches(".transcript")) return node;
      const found =
        node.shadowRoot &&
        (node.shadowRoot.querySelector(".transcript") || findPane(node.shadowRoot));
      if (found) return found;
    }
    return null;
  }

  const head = () => pane()?.querySelector(".session-head");
  const selected = () => pane()?.querySelector(".feed > .window > article.selected");

  function target(article) {
    const session = head()?.dataset.session;
    return session ? { session, entry: article?.dataset.id || "", article } : null;
  }

  const markOf = ({ article }) =>
    article ? article.querySelector(":scope > .mark") : head()?.querySelector(":scope > .mark");

  // --- stars and notes

  async function change(place, changes) {
    const { session, entry } = place;
    const answer = await fetch("/api/annotations", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ session, entry, ...changes }),
    });
    if (!answer.ok) throw new Error(answer.status === 401 ? "Sign in again." : await answer.text());
    const kept = await answer.json();
    show(place, kept);
    return kept;
  }

  function show(place, { html }) {
    const holder = place.article || head();
    const old = markOf(place);
    const fresh = document.createElement("template");
    window.cca.fill(fresh, html.trim());
    const { starred } = fresh.content.firstElementChild.dataset;
    if (old?.isEqualNode(fresh.content.firstElementChild)) return;
    if (old) old.replaceWith(fresh.content);
    else holder.append(fresh.content);
    // A message without marks has no element for them, as the server writes it.
    if (place.article) {
      if (markOf(place)?.hidden) markOf(place).remove();
    } else
      head()
        .querySelector(".star-chip")
        ?.setAttribute("aria-pressed", String(starred === "1"));
  }

  // What was noted elsewhere, on the session (its entry is "") and on its messages.
  function showNoted({ marks, name }) {
    const { session } = head()?.dataset ?? {};
    if (!session) return;
    for (const article of [null, ...pane().querySelectorAll("article[data-id]")]) {
      const place = { session, article };
      const html = marks[article?.dataset.id ?? ""];
      if (html) show(place, { html });
      else if (article) markOf(place)?.remove();
    }
    rename(session, name);
    placeTools();
  }

  async function star(place) {
    const starred = markOf(place)?.dataset.starred !== "1";
    try {
      await change(place, { starred });
      say(starred ? "Starred" : "Star removed");
    } catch (error) {
      say(window.cca.reason(error));
    }
    placeTools();
  }

  function openNote(place) {
    const mark = markOf(place);
    const form = dialog.querySelector("form");
    form.tags.value = [...(mark?.querySelectorAll(".tag") || [])]
      .map((tag) => tag.textContent)
      .join(", ");
    form.elements.title.value = mark?.dataset.title || "";
    form.querySelector(".session-name").hidden = Boolean(place.entry);
    form.note.value = mark?.querySelector(".note-text")?.textContent || "";
    // What others change while this is written stays, so the server is told what it began with.
    noted = { ...place, seen: written(form) };
    dialog.querySelector("#note-title").textContent = place.entry
      ? "Note on this message"
      : "Note on this session";
    dialog.querySelector("[role=alert]").textContent = "";
    dialog.showModal();
    form.note.focus();
  }

  const written = ({ elements: { tags, note, title } }) => ({
    tags: tags.value.split(","),
    note: note.value,
    title: title.value,
  });

  dialog.querySelector("form").addEventListener("submit", async (event) => {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    try {
      const kept = await change(noted, { ...written(event.target), seen: noted.seen });
      if (kept.name) rename(noted.session, kept.name);
      dialog.close();
      say("Saved");
    } catch (error) {
      dialog.querySelector("[role=alert]").textContent = window.cca.reason(error);
    }
  });

  function rename(session, name) {
    if (!head()?.dataset.agent) {
      document.title = `${name} · Conversations`;
      head().dataset.title = name;
    }
    const title = head()?.querySelector("h1:not([title^=Subagent])");
    if (title) title.textContent = title.title = name;
    window.cca.panes.sessions?.rename(session, name);
  }

  // --- copies

  async function copy(place) {
    const given = {
      session: place.session,
      format: "md",
      ...(place.entry ? { entry: place.entry } : {}),
      ...("revealed" in (place.article?.dataset ?? {}) ? { reveal: "1" } : {}),
    };
    say("Copying …");
    try {
      const answer = await fetch(`/api/export?${new URLSearchParams(given)}`);
      if (!answer.ok) throw new Error(await answer.text());
      await toClipboard(await answer.text());
      say(
        given.reveal ? "Copied as Markdown" : "Copied as Markdown; keys and passwords are hidden",
      );
    } catch (error) {
      say(window.cca.reason(error));
    }
  }

  // The block that has the focus, else the chosen message, else the command to go on with.
  function copyChosen(place, first) {
    const block = first.closest?.(".piece, .block");
    const resume = head()?.querySelector("[data-resume]");
    if (block && first.matches("pre")) window.cca.copyBlock(block);
    else if (!place.entry && resume)
      window.cca.give(() => resume.dataset.copied, "Command copied: paste it in a terminal");
    else copy(place);
  }

  async function copyLink({ session, entry }) {
    const path = ["/sessions", session, entry]
      .filter(Boolean)
      .map((part, at) => (at ? encodeURIComponent(part) : part))
      .join("/");
    try {
      await toClipboard(location.origin + path);
      say("Link copied");
    } catch (error) {
      say(window.cca.reason(error));
    }
  }

  // --- the tools of a message stand beside it, outside of it, so that it stays as it was written

  function placeTools(article = pointed) {
    pointed = article?.isConnected ? article : null;
    const box = document.body.dataset.view === "session" ? pointed?.getBoundingClientRect() : null;
    const top = head()?.getBoundingClientRect().bottom ?? 0;
    tools.hidden = !box || box.bottom < top + 20;
    if (tools.hidden) {
      document.body.classList.remove("has-tools");
      return;
    }
    const isDocked = innerWidth <= DOCKED;
    tools.classList.toggle("docked", isDocked);
    document.body.classList.toggle("has-tools", isDocked);
    tellUsage(pointed);
    // In the margin beside the first line, where nothing is read.
    const middle = firstLine(pointed);
    const lowest = innerHeight - tools.offsetHeight - 4;
    const place = Math.min(Math.max(middle - tools.offsetHeight / 2, top + 4), lowest);
    const edge = box.right - Number.parseFloat(getComputedStyle(pointed).paddingRight);
    tools.style.left = isDocked ? "" : `${edge + 8}px`;
    tools.style.top = isDocked ? "" : `${place}px`;
    const starred = markOf({ article: pointed })?.dataset.starred === "1";
    tools.querySelector('[data-mark="star"]').setAttribute("aria-pressed", String(starred));
  }

  // The middle of a message's first line.
  function firstLine(article) {
    const first = [...article.children].find((child) => child.offsetHeight);
    const row = first?.querySelector(":scope > summary") || first || article;
    const box = row.getBoundingClientRect();
    return box.top + Math.min(box.height, 26) / 2;
  }

  // Tokens and cost of a message without a line of its own for them.
  function tellUsage(article) {
    const usage = article.querySelector(":scope > .usage");
    const place = tools.querySelector(".figures");
    place.textContent = usage ? usage.textContent.trim().split(", ").join("\n") : "";
    place.title = usage?.title || "";
  }

  const DOCKED = 720;
  const MESSAGE = ".feed > .window > article:not(.divider)";
  const isOwn = (node) => node?.matches?.(MESSAGE) && !node.closest(".agent");
  let mouse = [0, 0];
  let settling = 0;
  let isByKeys = false;

  document.addEventListener("mousemove", (event) => {
    // A browser tells of a mouse that lay still while the page moved below it.
    if (event.clientX === mouse[0] && event.clientY === mouse[1]) return;
    mouse = [event.clientX, event.clientY];
    isByKeys = false;
    const path = event.composedPath();
    if (path.includes(tools)) return;
    // Anew for the same message as well: what is drawn above it may have moved it.
    placeTools(path.find(isOwn) || null);
  });

  const chosen = () => (isOwn(selected()) ? selected() : null);

  function under([x, y]) {
    let node = document.elementFromPoint(x, y);
    while (node?.shadowRoot) {
      const inner = node.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === node) break;
      node = inner;
    }
    const article = node?.closest?.(MESSAGE);
    return isOwn(article) ? article : null;
  }

  document.addEventListener(
    "scroll",
    () => {
      placeTools(null);
      clearTimeout(settling);
      settling = setTimeout(() => placeTools(isByKeys ? chosen() : under(mouse)), 120);
    },
    { capture: true, passive: true },
  );
  window.addEventListener("resize", () => placeTools());
  // The transcript tells which message was chosen: focus within a shadow root stays in it.
  window.cca.panes.tools = {
    noted: showNoted,
    point(article) {
      isByKeys = Boolean(article);
      placeTools(isOwn(article) ? article : null);
    },
  };

  const act = { star, note: openNote, link: copyLink };

  document.addEventListener("click", (event) => {
    const button = event
      .composedPath()
      .find(
        (node) =>
          node.dataset && (node.dataset.mark || node.dataset.copy) && node.matches("button"),
      );
    for (const menu of openMenus())
      if (!event.composedPath().includes(menu) || button || event.composedPath()[0].matches?.("a"))
        menu.open = false;
    if (!button) return;
    if (button.dataset.mark === "out") return signOut();
    const place = target(tools.contains(button) ? pointed : null);
    if (!place) return;
    const run = button.dataset.copy ? copy : act[button.dataset.mark];
    run(place);
  });

  const menus = new Set();
  const openMenus = () => [...menus].filter((menu) => menu.open && menu.isConnected);

  // `toggle` does not bubble and stays in its shadow root; a click on a summary comes through.
  document.addEventListener("click", (event) => {
    const menu = event.composedPath().find((node) => node.matches?.("details.menu"));
    if (!menu) return;
    menus.add(menu);
    if (menu.matches(".status") && event.composedPath().some((node) => node.tagName === "SUMMARY"))
      askStatus();
  });

  // Before all others hear of it: one key leaves one thing; a session stays open below its menu.
  document.addEventListener(
    "keydown",
    (event) => {
      const open = event.key === "Escape" ? openMenus() : [];
      if (!open.length) return;
      event.stopPropagation();
      for (const menu of open) menu.open = false;
      open[0].querySelector("summary").focus();
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    const first = event.composedPath()[0];
    if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]"))
      return;
    if (first.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(first.tagName || "")) return;
    const keys = { s: star, n: openNote, c: copyChosen, l: copyLink };
    if (!keys[event.key] || document.body.dataset.view !== "session") return;
    // The message that was chosen, else the one with the focus, as after its call was opened.
    const focused = first.closest?.(MESSAGE);
    const place = target(selected() || (isOwn(focused) ? focused : null));
    if (!place) return;
    event.preventDefault();
    keys[event.key](place, first);
  });

  // A form would be caught by the search form around it.
  async function signOut() {
    await fetch("/logout", { method: "POST", redirect: "manual" });
    location.assign("/login");
  }

  // --- the status menu

  const STATUS = 30000;
  let remark = "";

  function statusMenu() {
    const all = [
      document,
      ...[...document.querySelectorAll("#header *")].map((node) => node.shadowRoot).filter(Boolean),
    ];
    for (const root of all) {
      const menu =
        root.querySelector("details.status") ||
        [...root.querySelectorAll("*")]
          .map((node) => node.shadowRoot?.querySelector("details.status"))
          .find(Boolean);
      if (menu) return menu;
    }
    return null;
  }

  async function askStatus() {
    const menu = statusMenu();
    if (!menu) return;
    try {
      const answer = await fetch("/api/status");
      if (!answer.ok)
        throw new Error(answer.status === 401 ? "Sign in again." : "The server did not answer.");
      window.cca.fill(menu.querySelector("[data-status]"), await answer.text());
      const lines = menu.querySelector(".status-lines");
      remark = lines.dataset.remark;
      window.cca.shine({ late: "late", failed: "failed" }[lines.dataset.worst] || "");
      menu.querySelector("summary").title = remark || "All data arrives";
    } catch (error) {
      menu.querySelector("[data-status]").textContent = window.cca.reason(error);
    }
  }
  setInterval(() => document.hidden || askStatus(), STATUS);
  setTimeout(askStatus, 1500);
})();
