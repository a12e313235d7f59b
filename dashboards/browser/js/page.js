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

  // HTML comes only from our own server, which has escaped or sanitised it.
  function fill(el, html) {
    el.innerHTML = html;
  }

  // Clicks on anything that names a change of state; links keep working as links.
  function wire(el, model) {
    el.addEventListener("click", (event) => {
      const target = event.composedPath().find((node) => node.dataset && (node.dataset.set || node.dataset.session || node.dataset.agent) && node.matches("a, button"));
      if (!target || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      const { set, session, agent, m } = target.dataset;
      const changes = set ? JSON.parse(set) : session ? { session, agent: "", m: m || "" } : { agent, m: "" };
      model.send_msg({ type: "set", changes });
    });
  }

  function show(search) {
    document.body.dataset.view = new URLSearchParams(search).get("session") ? "session" : "overview";
  }

  function toggleTheme() {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("cca-theme", root.dataset.theme);
  }

  function toggleHelp() {
    const help = document.getElementById("help");
    if (help) help.open ? help.close() : help.showModal();
  }

  function isTyping(event) {
    const node = event.composedPath()[0];
    return node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName || "");
  }

  document.addEventListener("keydown", (event) => {
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
      o: () => panes.transcript?.unfold(),
      Escape: () => open && !document.querySelector("dialog[open]") && panes.transcript?.close(),
    };
    if (!keys[event.key]) return;
    if (event.key !== "Escape") event.preventDefault();
    keys[event.key]();
  });

  // Painted buttons work before the panes do.
  document.addEventListener("click", (event) => {
    const act = event.composedPath().find((node) => node.dataset && node.dataset.act);
    if (act?.dataset.act === "theme") toggleTheme();
    if (act?.dataset.act === "help") toggleHelp();
  });

  // A choice in a plain form is sent as it is made.
  document.addEventListener("change", (event) => {
    if ("submit" in event.target.dataset) event.target.form.submit();
  });

  window.cca = { panes, adopt, fill, wire, show };
})();
