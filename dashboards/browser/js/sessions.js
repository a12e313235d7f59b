export function render({ model, el }) {
  const { adopt, fill, wire, panes } = window.cca;
  const set = (changes) => model.send_msg({ type: "set", changes });
  const rows = () => [...el.querySelectorAll("a.row")];
  let typing = 0;
  let asked = "";

  adopt("sessions", el);
  wire(el, model);

  panes.sessions = {
    step(by) {
      const all = rows();
      const at = all.indexOf(el.getRootNode().activeElement);
      all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus();
    },
  };

  el.addEventListener("input", (event) => {
    // An event forgets its target inside a shadow root once it is over.
    const input = event.target;
    if (input.dataset.name !== "text") return;
    clearTimeout(typing);
    typing = setTimeout(() => set({ text: input.value }), 200);
  });
  el.addEventListener("change", (event) => {
    if (event.target.dataset.name === "sort") set({ sort: event.target.value });
  });

  function loadMore() {
    const more = el.querySelector("li.more");
    if (!more || more.dataset.after === asked) return;
    if (more.getBoundingClientRect().top > el.getBoundingClientRect().bottom + 800) return;
    asked = more.dataset.after;
    model.send_msg({ type: "more", after: asked });
  }
  el.addEventListener("scroll", loadMore, { passive: true });

  function append(html) {
    const days = el.querySelectorAll("li.day");
    const last = days.length ? days[days.length - 1].textContent : "";
    const chunk = document.createElement("template");
    fill(chunk, html);
    const first = chunk.content.querySelector("li.day");
    if (first && first.textContent === last) first.remove();
    el.querySelector("li.more")?.replaceWith(chunk.content);
  }

  // What is new goes in place: a row being read or pointed at does not move away.
  function news(html) {
    const fresh = document.createElement("template");
    fill(fresh, html);
    const rows = el.querySelector("ol.rows.sessions");
    const newRows = fresh.content.querySelector("ol.rows.sessions");
    if (!rows || !newRows) return;
    const count = el.querySelector(".list-head p");
    const newCount = fresh.content.querySelector(".list-head p");
    if (count.innerHTML !== newCount.innerHTML) count.replaceWith(newCount);
    const byId = (root) => new Map([...root.querySelectorAll("a.row")].map((row) => [row.dataset.session, row]));
    const known = byId(rows);
    const isAtTop = el.scrollTop < 80 && known.size <= newRows.querySelectorAll("a.row").length;
    if (rows.innerHTML === newRows.innerHTML) return;
    if (isAtTop) {
      const focused = el.getRootNode().activeElement?.dataset?.session;
      rows.replaceWith(newRows);
      asked = "";
      if (focused) byId(newRows).get(focused)?.focus({ preventScroll: true });
      return;
    }
    for (const [id, row] of byId(newRows)) {
      const old = known.get(id);
      if (old && old.innerHTML !== row.innerHTML) fill(old, row.innerHTML);
    }
  }

  function mark({ session, m }) {
    for (const row of rows()) {
      const current = m && row.dataset.m ? row.dataset.m === m : row.dataset.session === session && !row.dataset.m;
      current ? row.setAttribute("aria-current", "page") : row.removeAttribute("aria-current");
      if (current) row.scrollIntoView({ block: "nearest" });
    }
  }

  model.on("msg:custom", (message) => {
    if (message.type === "news") return news(message.html);
    if (message.type === "more") return append(message.html);
    if (message.type === "current") return mark(message);
    const focused = el.getRootNode().activeElement;
    const text = focused?.dataset?.name === "text" ? focused.value : null;
    fill(el, message.html);
    asked = "";
    el.scrollTop = 0;
    const input = el.querySelector('[data-name="text"]');
    if (text === null || !input) return;
    input.value = text;
    input.focus();
  });
  loadMore();
}
