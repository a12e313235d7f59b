// What a reader does beside reading: copies as plain text, pictures in full size, a smaller head.
(() => {
  const said = document.getElementById("said");
  let silence = 0;

  function say(text) {
    said.textContent = text;
    clearTimeout(silence);
    silence = setTimeout(() => (said.textContent = ""), 2600);
  }

  async function toClipboard(text) {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return;
    }
    // Without TLS beyond this machine a page has no clipboard of its own.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("The browser does not allow copying here.");
  }

  // The text without line numbers, which are beside it; hidden values stay hidden.
  function textOf(node) {
    const copy = node.cloneNode(true);
    for (const beside of copy.querySelectorAll(".k-ln, .sr")) beside.remove();
    // Prose and cards have the line ends that a reader sees.
    // biome-ignore lint/performance/useDomNodeTextContent: lines end where a reader sees them end
    return copy.matches("pre") ? copy.textContent.replace(/\n$/, "") : node.innerText.trim();
  }

  // A text that was cut comes in parts, as somebody who reads all of it gets it.
  async function wholeText(url) {
    const parts = [];
    let start = "0";
    while (start) {
      const answer = await fetch(`${url}&start=${start}`);
      if (!answer.ok) throw new Error(await answer.text());
      parts.push(await answer.text());
      start = answer.headers.get("X-Next");
    }
    return parts.join("");
  }

  async function copyBlock(block) {
    const shown = block.querySelector(":scope > :is(pre, .prose)");
    const rest = block.querySelector(":scope > .all[data-text]");
    await give(() => (rest ? wholeText(rest.dataset.text) : textOf(shown)));
  }

  async function give(read, done = "Copied") {
    try {
      await toClipboard(await read());
      say(done);
    } catch (error) {
      say(window.cca.reason(error));
    }
  }

  document.addEventListener("click", (event) => {
    const button = event
      .composedPath()
      .find(
        (node) => node.matches?.("button") && ("copies" in node.dataset || node.dataset.copied),
      );
    if (!button) return;
    if (button.dataset.copied) {
      give(() => button.dataset.copied);
      button.closest("details.menu")?.removeAttribute("open");
    } else copyBlock(button.closest(".piece, .block"));
  });

  // --- each block of code in prose gets its button, in a strip that covers nothing

  function wrapBlocks(root) {
    for (const pre of root.querySelectorAll("article pre:not(.piece > pre, .block > pre)")) {
      const block = document.createElement("div");
      block.className = "block";
      const language = pre.firstElementChild?.className.match(/language-([\w+#.-]{1,20})/)?.[1];
      const rest = pre.nextElementSibling?.matches(".all") ? [pre.nextElementSibling] : [];
      pre.replaceWith(block);
      block.append(labelOf(language || ""), pre, ...rest);
    }
  }

  function labelOf(language) {
    const label = document.createElement("p");
    label.className = "label";
    const name = document.createElement("span");
    name.textContent = language;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.dataset.copies = "";
    button.textContent = "Copy";
    button.setAttribute("aria-label", language ? `Copy the ${language} code` : "Copy the text");
    label.append(name, button);
    return label;
  }

  // --- pictures in full size

  function enlarge(link) {
    const dialog = document.createElement("dialog");
    dialog.className = "picture";
    dialog.setAttribute("aria-label", "Picture in full size");
    const picture = document.createElement("img");
    picture.src = link.href;
    picture.alt = link.querySelector("img")?.alt || "";
    dialog.append(picture);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    const link = event.composedPath().find((node) => node.matches?.("a.picture"));
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    enlarge(link);
  });

  // --- the head of a session on a small screen: one line while somebody reads

  const SMALL = matchMedia("(max-width: 720px), (max-height: 560px)");
  const [FAR, NEAR] = [160, 8];

  function shrinkHead(pane) {
    const head = pane.querySelector(".session-head");
    if (!head) return;
    const { scrollTop } = pane;
    // Between the two it stays as it is: a head that shrinks moves the text below it.
    if (!SMALL.matches || scrollTop < NEAR) head.classList.remove("compact");
    else if (scrollTop > FAR) head.classList.add("compact");
  }

  document.addEventListener("click", (event) => {
    const path = event.composedPath();
    const button = path.find((node) => node.dataset?.act === "more");
    const head = path.find((node) => node.matches?.(".session-head"));
    if (button) unfold(head, !head.classList.contains("open"));
    else if (!path.some((node) => node.matches?.(".switches"))) {
      for (const open of openHeads) unfold(open, false);
    }
  });

  const openHeads = new Set();
  function unfold(head, isOpen) {
    head.classList.toggle("open", isOpen);
    head.querySelector('[data-act="more"]')?.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) openHeads.add(head);
    else openHeads.delete(head);
  }

  Object.assign(window.cca, { say, toClipboard, give, copyBlock, wrapBlocks, shrinkHead });
})();
