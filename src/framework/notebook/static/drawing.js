function render({ model, el }) {
  const graph = graphPane(() => {});
  el.append(h("div", { class: "fw fw-drawing", role: "region", "aria-label": "Drawing" }, graph.pane, legend()));
  graph.draw(model.get("picture"));
  graph.paint(model.get("state"));
}

export default { render };
