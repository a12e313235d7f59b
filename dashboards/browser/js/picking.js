// Several sessions of the list, selected to be exported, tagged, starred or resumed together.
(() => {
  const ROW = ".sessions a.row";
  const isRanging = (event) => event.shiftKey && !event.metaKey && !event.ctrlKey;

  window.cca.picking = (el, rows) => {
    const { fill, reason, say, toClipboard } = window.cca;
    const picked = new Set();
    // What this list has shown so far, in its order: rows far from what is seen are dropped.
    const listed = new Set();
    // Those that are selected and not in this list; the server knows, as it knows all pages of it.
    let outside = new Set();
    let isNewList = false;
    let last = null;
    let isOn = false;
    const bar = () => el.querySelector(".picked");
    const isShown = () => isOn || picked.size > 0;

    function write(node, text) {
      if (node && node.textContent !== text) node.textContent = text;
    }

    // Rows come and go while somebody scrolls, and are written again when they change.
    function dress() {
      for (const box of el.querySelectorAll("input.pick")) {
        box.checked = picked.has(box.value);
        listed.add(box.value);
      }
      el.classList.toggle("picking", isShown() && Boolean(el.querySelector(".sessions")));
      el.querySelector('[data-act="picking"]')?.setAttribute("aria-pressed", String(isShown()));
      window.cca.pressCompact(el);
      if (isNewList && picked.size) lookOutside();
      if (!picked.size || !el.querySelector("template.of-picked")) bar()?.remove();
      const place = bar() || offered();
      if (!place) return;
      write(place.querySelector("[role=status]"), told());
      for (const link of place.querySelectorAll("a[data-format]"))
        link.href = `/api/export?${asked({ what: "conversations", format: link.dataset.format })}`;
    }

    function told() {
      const hidden = [...picked].filter((id) => outside.has(id)).length;
      return `${picked.size} selected${hidden ? `, ${hidden} not in this list` : ""}`;
    }

    async function readListed(ids) {
      const query = (el.querySelector(".rows.sessions")?.dataset.more || "").split("?")[1];
      const wanted = new URLSearchParams(query);
      for (const id of ids) wanted.append("id", id);
      const answer = await fetch(`/api/listed?${wanted}`);
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    }

    async function lookOutside() {
      isNewList = false;
      const chosen = [...picked];
      try {
        const inside = new Set(await readListed(chosen));
        outside = new Set(chosen.filter((id) => !inside.has(id)));
        dress();
      } catch {
        // The next list asks again; what is selected stays selected.
      }
    }

    // There is a bar as long as there is something to do with it.
    function offered() {
      const template = picked.size ? el.querySelector("template.of-picked") : null;
      template?.after(template.content.cloneNode(true));
      return bar();
    }

    function asked(given) {
      const query = new URLSearchParams(given);
      for (const id of picked) query.append("id", id);
      return query;
    }

    function pick(row, isRange) {
      const id = row.dataset.session;
      const shown = rows().map((one) => one.dataset.session);
      const all = shown.includes(last) ? shown : [...listed];
      const from = isRange ? all.indexOf(last) : -1;
      const at = all.indexOf(id);
      const isIn = isRange || !picked.has(id);
      if (isIn) add(from < 0 ? [id] : all.slice(Math.min(from, at), Math.max(from, at) + 1));
      else picked.delete(id);
      last = id;
      dress();
    }

    function add(ids) {
      const most = Number(el.querySelector("template.of-picked")?.dataset.most);
      for (const id of ids) if (picked.size < most) picked.add(id);
      if (picked.size === most) say(`At most ${most} sessions are selected at once`);
    }

    async function addAll() {
      try {
        add(await readListed([]));
        dress();
      } catch (error) {
        say(reason(error));
      }
    }

    // Another list: what was selected stays selected, whether or not it is in it.
    function relist() {
      listed.clear();
      outside.clear();
      isNewList = true;
      last = null;
    }

    function clear() {
      picked.clear();
      isOn = false;
      last = null;
      dress();
    }

    async function change(changes, done) {
      try {
        const answer = await fetch("/api/annotations", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ sessions: [...picked], ...changes }),
        });
        if (!answer.ok)
          throw new Error(answer.status === 401 ? "Sign in again." : await answer.text());
        rename(await answer.json());
        say(done);
      } catch (error) {
        say(reason(error));
      }
    }

    function rename(named) {
      for (const row of rows()) {
        const html = named[row.dataset.session];
        if (!html) continue;
        const fresh = document.createElement("template");
        fill(fresh, html.trim());
        row.querySelector(".named").replaceWith(fresh.content);
      }
    }

    // What all of them have, as the server knows it: not all of their rows are on the page.
    async function marks() {
      const answer = await fetch(`/api/annotations?${asked()}`);
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    }

    async function star() {
      try {
        const starred = !(await marks()).starred;
        await change({ starred }, starred ? "Starred" : "Stars removed");
      } catch (error) {
        say(reason(error));
      }
    }

    // The tags that any of them has, each a button that removes it from all.
    async function offerTags(menu) {
      const place = menu.querySelector(".tags");
      try {
        const { tags } = await marks();
        place.replaceChildren(
          ...tags.map((tag) => {
            const button = document.createElement("button");
            button.type = "button";
            button.className = "tag";
            button.dataset.untag = tag;
            button.textContent = `${tag} ×`;
            button.setAttribute("aria-label", `Remove the tag ${tag}`);
            return button;
          }),
        );
      } catch (error) {
        place.textContent = reason(error);
      }
    }

    async function resume() {
      try {
        const answer = await fetch(`/api/resume?${asked()}`);
        if (!answer.ok) throw new Error(await answer.text());
        const commands = await answer.text();
        const count = commands.split("\n").length - 1;
        if (!count) return say("Claude Code can resume none of these sessions");
        await toClipboard(commands);
        const without = picked.size - count;
        say(
          `${count} ${count === 1 ? "command" : "commands"} copied${without ? `; ${without} without one` : ""}`,
        );
      } catch (error) {
        say(reason(error));
      }
    }

    const act = { all: addAll, star, resume, clear };
    const toggle = () => {
      if (isShown()) clear();
      else isOn = true;
      dress();
    };

    el.addEventListener("click", (event) => {
      const { target } = event;
      const box = target.closest("input.pick");
      if (box) {
        const row = box.parentElement.querySelector("a.row");
        pick(row, event.shiftKey);
        // The keys of the list go on from here.
        row.focus();
      }
      // A row is a link: with Shift it would open a window.
      const link = isRanging(event) && target.closest(ROW);
      if (link) {
        event.preventDefault();
        pick(link, true);
        link.focus();
      }
      const button = target.closest("button");
      if (button?.dataset.act === "picking") toggle();
      if (button?.dataset.picked) act[button.dataset.picked]();
      if (button?.dataset.untag) {
        change({ untags: [button.dataset.untag] }, "Tag removed");
        button.closest("details").open = false;
      }
    });
    // Nor does a click with Shift select the text up to there.
    el.addEventListener("mousedown", (event) => {
      if (isRanging(event) && event.target.closest(ROW)) event.preventDefault();
    });
    // `toggle` does not bubble.
    el.addEventListener(
      "toggle",
      ({ target }) => target.matches("details.tagging[open]") && offerTags(target),
      true,
    );
    el.addEventListener("submit", (event) => {
      if (!event.target.closest(".picked")) return;
      event.preventDefault();
      const { tags } = event.target.elements;
      change({ tags: tags.value.split(",") }, "Tagged");
      event.target.closest("details").open = false;
      tags.value = "";
    });
    new MutationObserver(dress).observe(el, { childList: true, subtree: true });
    dress();
    return { pick, clear, relist };
  };
})();
