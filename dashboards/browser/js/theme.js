// Runs before the first paint, so that the page never flashes in the other theme.
(() => {
  const chosen = localStorage.getItem("cca-theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const root = document.documentElement;
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.shape = localStorage.getItem("cca-shape") === "table" ? "table" : "map";
  // The list has the width that somebody gave it, or is hidden.
  const width = Number(localStorage.getItem("cca-side"));
  if (width) root.style.setProperty("--side", `${width}px`);
  if (localStorage.getItem("cca-side-off")) root.dataset.side = "off";
  if (localStorage.getItem("cca-rows")) root.dataset.rows = "compact";
  // Paper is white, whatever the screen was.
  let onScreen = root.dataset.theme;
  addEventListener("beforeprint", () => {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => (root.dataset.theme = onScreen));
})();
