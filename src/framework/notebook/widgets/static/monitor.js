const WINDOW = 60;

function render({ model, el }) {
  const root = frame(el, "fw-monitor", { "aria-label": "Scaling monitor" });
  const busyLine = h("span", { class: "fw-busy", role: "status" });
  const kernel = waitingFor(model, busyLine);
  const header = h("b", { class: "fw-header", role: "status" });
  const stale = h("span", { class: "fw-note" });
  const stop = h("button", { title: "End the run", click: () => kernel.send({ do: "stop" }) }, "Stop");
  const rows = h("tbody", {});
  const heads = ["job", "workers", "queue", "done/s", "last 60 s", "done", "failed"].map((text) => h("th", { scope: "col" }, text));
  const key = h("div", { class: "fw-legend" }, ...[["busy", "busy"], ["idle", "idle"], ["blocked", "blocked"]].map(([name, text]) =>
    h("span", {}, h("i", { class: `fw-swatch ${name}` }), text)), h("span", {}, "| min and max"), h("span", {}, "┆ scaled: point at it for the reason"));
  const chart = h("div", { class: "fw-chart" }, h("table", {}, h("thead", {}, h("tr", {}, ...heads)), rows), key);
  const note = h("p", { class: "fw-note" });
  const lists = h("div", { class: "fw-lists" });
  root.append(h("div", { class: "fw-bar-plain" }, header, stale, busyLine, stop), note, chart, lists);
  let seen = Date.now();

  function bar({ workers, limits }) {
    const most = Math.max(1, limits[1], workers[0] + workers[1] + workers[2]);
    const text = `${workers[0]} busy, ${workers[1]} idle, ${workers[2]} blocked; ${limits[0]} to ${limits[1]} workers`;
    const svg = s("svg", { viewBox: "0 0 160 22", width: 160, height: 22, role: "img", "aria-label": text }, s("title", {}, text));
    svg.append(s("rect", { class: "frame", x: 0.5, y: 3.5, width: 159, height: 15, rx: 2 }));
    let x = 0;
    ["busy", "idle", "blocked"].forEach((name, place) => {
      const width = (160 * workers[place]) / most;
      if (width) svg.append(s("rect", { class: name, x, y: 3, width, height: 16 }));
      x += width;
    });
    for (let worker = 1; worker < Math.min(most, 60); worker++) svg.append(s("path", { class: "gap", d: `M${(160 * worker) / most},3v16` }));
    for (const limit of limits) svg.append(s("path", { class: "tick", d: `M${Math.min(159, Math.max(1, (160 * limit) / most))},0v22` }));
    return svg;
  }

  function spark({ rates, marks }) {
    const top = Math.max(1, ...rates), start = WINDOW - rates.length;
    const at = (second) => (240 * second) / WINDOW;
    const points = rates.map((rate, n) => `${at(start + n + 1).toFixed(1)},${(27 - (25 * rate) / top).toFixed(1)}`);
    const svg = s("svg", { viewBox: "0 0 240 28", width: 240, height: 28, role: "img", "aria-label": `up to ${number(top)} done per second` });
    if (points.length) {
      svg.append(s("polygon", { class: "area", points: `${at(start + 1)},28 ${points.join(" ")} 240,28` }));
      svg.append(s("polyline", { class: "rate", points: points.join(" ") }));
    }
    for (const [ago, reason] of marks) {
      const mark = s("g", { tabindex: 0, "aria-label": reason }, s("title", {}, reason));
      const x = at(WINDOW - ago);
      mark.append(s("rect", { class: "hit", x: x - 4, y: 0, width: 8, height: 28 }), s("path", { class: "mark", d: `M${x},0v28` }));
      svg.append(mark);
    }
    return svg;
  }

  function row(job) {
    const [waiting, capacity] = job.queue;
    const full = capacity !== null && waiting >= capacity;
    const queue = capacity === null ? number(waiting) : `${number(waiting)}/${number(capacity)}`;
    return h("tr", {},
      h("th", { scope: "row", title: job.name }, job.name), h("td", {}, bar(job)),
      h("td", {}, h("span", { class: full ? "fw-queue full" : "fw-queue", title: full ? "full: the job before it waits" : "waiting" }, queue)),
      h("td", { class: "num" }, number(Math.round(job.rate))), h("td", {}, spark(job)),
      h("td", { class: "num" }, number(job.done)),
      h("td", { class: job.failed ? "num failed" : "num" }, `${job.failed ? "✗ " : ""}${number(job.failed)}`));
  }

  function list(title, head, lines) {
    if (!lines.length) return [];
    const body = lines.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", { title: cell }, cell))));
    return [h("section", {}, h("h4", {}, title),
      h("div", { class: "fw-rows" }, h("table", {}, h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, ...body))))];
  }

  function paint() {
    if (model.get("moved")) return movedNote(root, model.get("moved"));
    const state = model.get("state");
    header.textContent = `${state.name}: ${state.header}`;
    stop.disabled = state.state !== "running";
    note.textContent = [state.message, state.hidden ? `... and ${number(state.hidden)} more` : ""].filter(Boolean).join(" · ");
    note.hidden = !note.textContent;
    rows.replaceChildren(...state.rows.map(row));
    lists.replaceChildren(...list("Scaling decisions", ["at", "job", "workers", "reason"], state.decisions),
      ...list("Failures", ["job", "error", "item"], state.failures));
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
