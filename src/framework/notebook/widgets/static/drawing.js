function render({ model, el }) {
  const graph = graphPane(() => {});
  frame(el, "fw-drawing", { "aria-label": "Drawing" }).append(graph.pane, legend());
  graph.draw(model.get("picture"));
  graph.paint(model.get("state"));
}

export default { render };
