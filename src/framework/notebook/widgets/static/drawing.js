function render({ model, el }) {
  const graph = graphPane({ send: (command) => model.send(command) });
  frame(el, "fw-drawing", { "aria-label": "Drawing" }).append(graph.pane, graph.legend);
  const paint = () => graph.paint(model.get("state"));
  const draw = () => { graph.draw(model.get("picture")); paint(); };
  model.on("change:picture", draw);
  model.on("change:state", paint);
  draw();
  return () => { graph.close(); model.off("change:picture", draw); model.off("change:state", paint); };
}

export default { render };
