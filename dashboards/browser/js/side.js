// The list beside the page: as wide as somebody drags it, and hidden by a key.
(() => {
  const root = document.documentElement;
  const grip = document.getElementById("grip");
  const [LEAST, MOST] = [260, 0.6];

  function widen(width) {
    root.style.setProperty("--side", `${width}px`);
    localStorage.setItem("cca-side", String(width));
  }

  grip.addEventListener("pointerdown", (event) => {
    grip.setPointerCapture(event.pointerId);
    grip.classList.add("held");
    event.preventDefault();
  });
  grip.addEventListener("pointermove", ({ pointerId, clientX }) => {
    if (!grip.hasPointerCapture(pointerId)) return;
    widen(Math.round(Math.max(LEAST, Math.min(innerWidth * MOST, clientX))));
  });
  grip.addEventListener("pointerup", () => grip.classList.remove("held"));
  grip.addEventListener("dblclick", () => {
    root.style.removeProperty("--side");
    localStorage.removeItem("cca-side");
  });

  function toggle() {
    const isOff = root.dataset.side !== "off";
    if (isOff) root.dataset.side = "off";
    else delete root.dataset.side;
    localStorage.setItem("cca-side-off", isOff ? "1" : "");
  }

  // --- more rows on a screen, remembered

  function press(button) {
    button?.setAttribute("aria-pressed", String(root.dataset.rows === "compact"));
  }

  document.addEventListener("click", (event) => {
    const button = event.composedPath().find((node) => node.dataset?.act === "compact");
    if (!button) return;
    const isOn = root.dataset.rows !== "compact";
    if (isOn) root.dataset.rows = "compact";
    else delete root.dataset.rows;
    localStorage.setItem("cca-rows", isOn ? "compact" : "");
    press(button);
  });
  window.cca.pressCompact = (el) => press(el.querySelector('[data-act="compact"]'));

  document.addEventListener("keydown", (event) => {
    if (event.key !== "b" || event.metaKey || event.ctrlKey || event.altKey) return;
    if (window.cca.isBusy() || document.querySelector("dialog[open]")) return;
    toggle();
  });
})();
