// The field of a path offers paths that hold what is typed.
(() => {
  const TYPING = 120;
  const field = document.querySelector("input[name=path]");
  const offered = document.getElementById("paths");
  let timer = 0;
  let asked = 0;

  async function offer() {
    const mine = ++asked;
    try {
      const answer = await fetch(`/api/paths?${new URLSearchParams({ path: field.value })}`);
      if (!answer.ok || mine !== asked) return;
      const paths = await answer.json();
      offered.replaceChildren(
        ...paths.map((path) => Object.assign(document.createElement("option"), { value: path })),
      );
    } catch {
      // A path can be typed without help.
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, TYPING);
  });
})();
