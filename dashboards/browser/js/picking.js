// Several sessions of the list, selected to be exported, tagged, starred or resumed together.
(() => {
  const MOST = 500;

  window.cca.picking = (el, rows) => {
    const { fill, reason, say, toClipboard } = window.cca;
    const picked = new Set();
    let last = null;
    let isOn = false;
    const bar = () => el.querySelector(".picked");
    const isShown = () => isOn || picked.size > 0;

    function write(node, text) {
      if (node && node.textContent !== text) node.textContent = text;
    }

    // Rows come and go while somebody scrolls, and are written again when they change.
    function dress() {
      for (const box of el.querySelectorAll("input.pick")) box.checked = picked.has(box.value);
      el.classList.toggle("picking", isShown());
      el.querySelector('[data-act="picking"]')?.setAttribute("aria-pressed", String(isShown()));
      window.cca.pressCompact(el);
      if (!picked.size) bar()?.remove();
      const place = bar() || offered();
      if (!place) return;
      write(place.querySelector("[role=status]"), `${picked.size} selected`);
      for (const link of place.querySelectorAll("a[data-format]"))
        link.href = `/api/export?${asked({ what: "conversations", format: link.dataset.format })}`;
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
      const all = rows();
      const from = isRange ? all.findIndex((one) => one.dataset.session === last) : -1;
      const at = all.indexOf(row);
      const chosen = from < 0 ? [row] : all.slice(Math.min(from, at), Math.max(from, at) + 1);
      const isIn = isRange || !picked.has(row.dataset.session);
      for (const { dataset } of chosen) {
        if (!isIn) picked.delete(dataset.session);
        else if (picked.size < MOST) picked.add(dataset.session);
      }
      if (picked.size === MOST) say(`At most ${MOST} sessions are selected at once`);
      last = row.dataset.session;
      dress();
    }

    function clear() {
      const were = isShown();
      picked.clear();
      isOn = false;
      last = null;
      dress();
      return were;
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

    function star() {
      const shown = rows().filter((row) => picked.has(row.dataset.session));
      const starred = !shown.every((row) => row.querySelector(".star:not(.some)"));
      return change({ starred }, starred ? "Starred" : "Stars removed");
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

    const act = { star, resume, clear };
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
      const button = target.closest("button");
      if (button?.dataset.act === "picking") toggle();
      if (button?.dataset.picked) act[button.dataset.picked]();
    });
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
    return { pick, clear };
  };
})();
