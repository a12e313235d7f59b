export function render({ model, el }) {
  const { adopt, fill, wire } = window.cca;
  adopt("overview", el);
  wire(el, model);
  model.on("msg:custom", ({ html }) => fill(el, html));
}
