export function render({ model, el }) {
  const { adopt, fill, wire } = window.cca;
  adopt("overview", el);
  wire(el, model);
  model.on("msg:custom", ({ html }) => {
    const top = el.scrollTop;
    const at = [...el.querySelectorAll("button")].indexOf(el.getRootNode().activeElement);
    fill(el, html);
    el.scrollTop = top;
    if (at >= 0) el.querySelectorAll("button")[at]?.focus({ preventScroll: true });
  });
}
