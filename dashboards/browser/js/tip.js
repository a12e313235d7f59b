// What a figure, bar or cell stands for, shown beside it as it is pointed at or reached by the keyboard.
(() => {
  const tip = document.getElementById("tip");
  let at = null;

  function line(name, value, colour) {
    const row = document.createElement("p");
    const dot = document.createElement("i");
    if (colour) dot.className = colour;
    const label = document.createElement("span");
    label.textContent = name;
    const figure = document.createElement("b");
    figure.textContent = value;
    row.append(...(name ? [dot, label] : []), figure);
    return row;
  }

  function show(target) {
    at = target;
    const { title, rows = [], text = "" } = JSON.parse(target.dataset.tip);
    const head = document.createElement("h3");
    head.textContent = title;
    tip.replaceChildren(head, ...rows.map((row) => line(...row)));
    if (text) tip.append(Object.assign(document.createElement("p"), { textContent: text }));
    else if (!rows.length) tip.append(line("", "nothing", ""));
    tip.classList.toggle("told", Boolean(text));
    tip.hidden = false;
    if (text) target.setAttribute("aria-describedby", "tip");
    const box = target.getBoundingClientRect();
    if (target.closest(".chart")) {
      // Beside the bar: above it are the chart's name and the words of its colours.
      const isRoom = box.right + 8 + tip.offsetWidth < document.documentElement.clientWidth;
      tip.style.left = `${Math.max(8, isRoom ? box.right + 8 : box.left - tip.offsetWidth - 8)}px`;
      tip.style.top = `${Math.max(8, Math.min(box.top, innerHeight - tip.offsetHeight - 8))}px`;
      return;
    }
    const left = box.left + box.width / 2 - tip.offsetWidth / 2;
    const furthest = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(8, Math.min(left, furthest))}px`;
    tip.style.top = `${above > 56 ? above : box.bottom + 8}px`;
  }

  function hide() {
    at = null;
    tip.hidden = true;
  }

  const over = (event) => {
    const target = event.target.closest?.("[data-tip]");
    if (target === at) return;
    if (target) show(target);
    else hide();
  };

  // A pane's shadow root keeps what happens between two of its elements to itself.
  function tips(root) {
    root.addEventListener("mouseover", over);
    root.addEventListener("mouseleave", hide);
    root.addEventListener("focusin", over);
    root.addEventListener("focusout", hide);
    root.addEventListener("click", ({ target }) => {
      // A finger does not point, and not every browser moves the focus to a button.
      const why = target.closest?.(".why");
      if (why) show(why);
    });
  }

  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  window.cca.tips = tips;
})();
