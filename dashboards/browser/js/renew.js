// News in a page that somebody uses: what stays the same keeps its focus, caret, menus and presses.
(() => {
  // What the page itself writes on an element; the server does not know of it.
  const OWN = new Set(["open", "tabindex", "aria-describedby"]);
  const keyOf = (node) => node.dataset?.key;
  // An element that the page has added, and one that the page fills.
  const isOwn = (node) => Boolean(node.dataset && "own" in node.dataset);
  const isFilled = (node) => "filled" in node.dataset;
  const isAlike = (one, other) =>
    one.nodeName === other.nodeName &&
    one.id === other.id &&
    one.classList[0] === other.classList[0];

  // Makes the content of an element what our server says; rows of a list have `data-key`.
  function renew(el, html) {
    const fresh = document.createElement("template");
    window.cca.fill(fresh, html);
    const before = el.getRootNode().activeElement;
    children(el, fresh.content);
    // An element that had to move forgets its focus.
    if (before?.isConnected && before !== el.getRootNode().activeElement)
      before.focus({ preventScroll: true });
  }

  function children(old, fresh) {
    const wanted = [...fresh.childNodes];
    const keys = new Set(wanted.map(keyOf));
    const known = new Map();
    for (const one of [...old.children]) {
      if (keys.has(keyOf(one))) known.set(keyOf(one), one);
      else if (keyOf(one)) one.remove();
    }
    let at = old.firstChild;
    for (const node of wanted) {
      while (at && isOwn(at)) at = at.nextSibling;
      const key = keyOf(node);
      const found = key ? known.get(key) : nextLike(node, at);
      if (!found) old.insertBefore(node, at);
      else if (key && found !== at) old.insertBefore(found, at);
      else at = dropUpTo(found, at).nextSibling;
      if (found) update(found, node);
    }
    dropUpTo(null, at);
  }

  // Where a node without a key goes on: a text at once, an element behind what is gone.
  function nextLike(node, from) {
    if (node.nodeType !== Node.ELEMENT_NODE) return from?.nodeType === node.nodeType ? from : null;
    for (let at = from; at && !keyOf(at); at = at.nextSibling)
      if (at.nodeType === Node.ELEMENT_NODE && !isOwn(at) && isAlike(at, node)) return at;
    return null;
  }

  function dropUpTo(last, from) {
    for (let at = from; at !== last; ) {
      const next = at.nextSibling;
      if (!isOwn(at)) at.remove();
      at = next;
    }
    return last;
  }

  function update(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    const [chosen, said] = [old.value, wordOf(old)];
    attributes(old, fresh);
    if (isFilled(old)) return;
    if (old.matches("template")) window.cca.fill(old, fresh.innerHTML);
    else children(old, fresh);
    if (old.matches("input, select")) hold(old, fresh, chosen, said);
  }

  function attributes(old, fresh) {
    for (const { name } of [...old.attributes])
      if (!OWN.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes)
      if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }

  // What the server says that a field holds.
  const wordOf = (field) =>
    field.matches("select")
      ? [...field.options].find((one) => one.defaultSelected)?.value
      : field.defaultValue;

  // What somebody writes, or has chosen, is newer than what the server answers to.
  function hold(field, fresh, chosen, said) {
    const isText = !field.matches("select");
    const isNew = wordOf(fresh) !== said;
    if (isText && (!isNew || field === field.getRootNode().activeElement)) return;
    field.value = isNew ? fresh.value : chosen;
    if (field.value !== fresh.value && field.selectedIndex < 0) field.value = fresh.value;
  }

  // --- what is pressed or aimed at stays where it is until the click is through

  const [AIM, LONGEST, LOOK, THROUGH] = [800, 10000, 100, 60];
  const waiting = new Map();
  let pressedAt = 0;
  let movedAt = 0;
  // The click of a finger comes a moment after its end.
  const end = () => (pressedAt = Math.min(pressedAt, Date.now() - LONGEST + THROUGH));

  document.addEventListener("pointerdown", () => (pressedAt = Date.now()), true);
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, end, true);
  document.addEventListener(
    "pointermove",
    ({ buttons }) => {
      movedAt = Date.now();
      // A menu of the system may have taken the end of a press.
      if (!buttons) end();
    },
    true,
  );

  function isHeld(el, isAimedAt) {
    if (Date.now() - pressedAt < LONGEST) return true;
    return isAimedAt && Date.now() - movedAt < AIM && el.matches(":hover");
  }

  // Changes a pane once nobody presses anything, or aims at a row of it; the last change counts.
  function calmly(el, act, isAimedAt = false) {
    waiting.set(el, act);
    attempt(el, isAimedAt);
  }

  function attempt(el, isAimedAt) {
    const act = waiting.get(el);
    if (!act) return;
    if (isHeld(el, isAimedAt)) {
      setTimeout(attempt, LOOK, el, isAimedAt);
      return;
    }
    waiting.delete(el);
    act();
  }

  // What somebody asked for is newer than news that wait.
  const forget = (el) => waiting.delete(el);

  Object.assign(window.cca, { renew, calmly, forget });
})();
