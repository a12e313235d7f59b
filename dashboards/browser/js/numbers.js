// The pages of the analytics: their explanations, menus and tabs.
(() => {
  window.cca.tips(document);
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });
  // The chosen page's tab is in sight on a narrow screen.
  document
    .querySelector(".pages [aria-current]")
    ?.scrollIntoView({ block: "nearest", inline: "center" });
})();
