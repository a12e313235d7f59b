// The pages of the analytics: their explanations, menus and tabs.
(() => {
  window.cca.tips(document);
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });
  // The chosen page and the chosen period are in sight on a narrow screen.
  for (const chosen of document.querySelectorAll(":is(.pages, .periods) [aria-current]"))
    chosen.scrollIntoView({ block: "nearest", inline: "center" });
})();
