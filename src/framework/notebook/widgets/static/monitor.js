function render({ model, el }) {
  const root = frame(el, "fw-monitor", { "aria-label": "Scaling monitor" });
  const busyLine = h("span", { class: "fw-busy", role: "status" });
  const kernel = waitingFor(model, busyLine);
  const header = h("b", { class: "fw-header", role: "status" });
  const stale = h("span", { class: "fw-note" });
  const stop = h("button", { title: "End the run", click: () => kernel.send({ do: "stop" }) }, "Stop");
  const note = h("p", { class: "fw-note" });
  const rows = h("div", { class: "fw-chart" });
  root.append(h("div", { class: "fw-bar-plain" }, header, stale, busyLine, stop), note, rows);
  let seen = Date.now();

  function paint() {
    if (model.get("moved")) return movedNote(root, model.get("moved"));
    const state = model.get("state");
    header.textContent = `${state.name}: ${state.header}`;
    stop.disabled = state.state !== "running";
    note.textContent = state.message;
    note.hidden = !state.message;
    const scrolled = () => [...rows.querySelectorAll(".fw-scrolled")];
    const places = scrolled().map((list) => list.scrollTop);
    rows.innerHTML = state.html; // escaped in Python, where the saved twin is made of the same
    scrolled().forEach((list, at) => { list.scrollTop = places[at] ?? 0; });
  }

  const update = () => { seen = Date.now(); stale.textContent = ""; kernel.answered(); paint(); };
  const watch = setInterval(() => {
    const ago = Math.round((Date.now() - seen) / 1000);
    stale.textContent = model.get("state").state === "running" && ago >= 2 ? `Last update ${ago} s ago` : "";
  }, 1000);
  model.on("change:state", update);
  model.on("change:moved", paint);
  paint();
  return () => { clearInterval(watch); model.off("change:state", update); model.off("change:moved", paint); };
}

export default { render };
