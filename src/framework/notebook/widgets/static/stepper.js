const TABS = { processors: "Processors", inbox: "Inbox", attributes: "Attributes", events: "Events", failures: "Failures",
  findings: "Findings", timeline: "Timeline" };
const HELP = "S step · D one delivery · R run to end · U until · F finish · Esc stop · ← → look back · / filter · ? this line";

function render({ model, el }) {
  const root = frame(el, "fw-stepper", { tabindex: "0", "aria-label": "Phase stepper", keydown: key });
  const busyLine = h("span", { class: "fw-busy", role: "status" });
  const kernel = waitingFor(model, busyLine);
  const send = kernel.send;

  // -- toolbar
  const button = (text, title, command) => h("button", { title, click: () => send(command()) }, text);
  const what = h("select", { "aria-label": "Until what", change: () => { value.hidden = what.value === "failure"; } },
    h("option", { value: "failure" }, "a failure"), h("option", { value: "phase" }, "phase"), h("option", { value: "target" }, "target"));
  const value = h("input", { type: "text", size: "6", "aria-label": "Which", hidden: true });
  const until = () => ({ do: "until", ...(what.value === "failure" ? { condition: "failure" }
    : what.value === "phase" ? { phase: Number(value.value) } : { target: value.value }) });
  const drivers = [
    button("Step", "Run one phase (S)", () => ({ do: "step" })),
    button("One delivery", "Make the next single delivery (D)", () => ({ do: "deliver" })),
    button("Run to end", "Run all phases (R)", () => ({ do: "run" })),
    button("Finish", "Deliver what waits, run the hooks and end (F)", () => ({ do: "finish" })),
    button("Until", "Run until something happens (U)", until),
  ];
  const stop = button("Stop", "Make no new deliveries and end (Esc)", () => ({ do: "stop" }));
  const summary = h("span", { class: "fw-summary" });
  const bar = h("div", { class: "fw-bar", role: "toolbar", "aria-label": "Commands" }, ...drivers, what, value, stop, busyLine, summary);

  // -- past, graph, panes
  const past = h("span", {});
  const pastBar = h("div", { class: "fw-past", role: "status" }, past, button("Back to now", "Show how it is", () => ({ do: "now" })));
  const graph = graphPane({ send: (command) => model.send(command), onSelect: (node) => send({ do: "select", node }) });
  const tabs = Object.fromEntries(Object.entries(TABS).map(([name]) =>
    [name, h("button", { role: "tab", click: () => { tab = name; paint(); } })]));
  const filter = h("input", { type: "search", placeholder: "filter", "aria-label": "Filter rows", input: () => paint() });
  const chosen = h("button", { class: "fw-chosen", title: "Show everything", click: () => send({ do: "select", node: null }) });
  const body = h("div", { class: "fw-rows", role: "tabpanel" });
  const tree = h("pre", { class: "fw-tree", "aria-label": "causes of the event" });
  const right = h("div", { class: "fw-right" }, h("div", { class: "fw-tabs", role: "tablist" }, ...Object.values(tabs), chosen, filter), body, tree);
  const panes = h("div", { class: "fw-panes" }, h("div", { class: "fw-left" }, graph.pane, graph.legend), right);

  // -- slider, lines below
  const slider = h("input", { type: "range", step: "1", "aria-label": "Look at phase", input: () => look(Number(slider.value)) });
  const ticks = h("div", { class: "fw-ticks", "aria-hidden": "true" });
  const label = h("span", { class: "fw-phase" });
  const time = h("div", { class: "fw-time" }, h("div", { class: "fw-track" }, slider, ticks), label);
  const message = h("div", { class: "fw-message", role: "status" });
  const waiting = h("pre", { class: "fw-waiting" });
  const help = h("div", { class: "fw-help", hidden: true }, HELP);
  root.append(bar, pastBar, panes, time, message, waiting, help);

  let tab = "processors", sorted = null, unfolded = false;

  const look = (phase) => {
    const { ticks: known } = model.get("state");
    send(known.length && phase >= known[known.length - 1][0] ? { do: "now" } : { do: "look", phase });
  };

  function key(event) {
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) return;
    const { finished, past: phase, ticks: known } = model.get("state");
    const at = known.findIndex(([number]) => number === (phase ?? known[known.length - 1]?.[0]));
    const commands = { s: { do: "step" }, d: { do: "deliver" }, r: { do: "run" }, u: until(), f: { do: "finish" } };
    const name = event.key.toLowerCase();
    if (name in commands) { if (!finished) send(commands[name]); }
    else if (event.key === "Escape") { if (!finished) send({ do: "stop" }); }
    else if (event.key === "ArrowLeft") { if (at > 0) look(known[at - 1][0]); }
    else if (event.key === "ArrowRight") { if (at >= 0 && at + 1 < known.length) look(known[at + 1][0]); }
    else if (event.key === "/") filter.focus();
    else if (event.key === "?") help.hidden = !help.hidden;
    else return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab has shortcuts on single letters
  }

  function row(cells) {
    const { cells: values, state, changed, number: event, failure, detail, code } = cells;
    const line = h("tr", { class: [state && `s-${state}`, changed && "changed", event !== undefined && "link"].filter(Boolean).join(" ") },
      ...values.map((cell) => h("td", { class: typeof cell === "number" ? "num" : "", title: String(cell) }, String(number(cell)))));
    if (event !== undefined) {
      line.tabIndex = 0;
      line.addEventListener("click", () => send({ do: "event", number: event }));
      line.addEventListener("keydown", (pressed) => { if (pressed.key === "Enter") send({ do: "event", number: event }); });
    }
    if (failure === undefined) return [line];
    const actions = h("td", { colspan: String(values.length) }, `${detail} `,
      h("button", { title: `Copy ${code}`, click: () => navigator.clipboard?.writeText(code) }, "Copy debug code"),
      h("button", { title: "Repeat exactly this delivery", click: () => send({ do: "rerun", number: failure }) }, "Rerun"));
    return [line, h("tr", { class: "fw-detail" }, actions)];
  }

  function table({ head, rows: first, note, folded = [] }) {
    const wanted = filter.value.toLowerCase();
    const rows = unfolded || wanted ? [...first, ...folded] : first;
    let shown = rows.filter(({ cells }) => !wanted || cells.some((cell) => String(cell).toLowerCase().includes(wanted)));
    if (sorted && sorted.tab === tab) {
      const direction = sorted.down ? -1 : 1, at = sorted.at;
      shown = [...shown].sort(({ cells: a }, { cells: b }) => direction * (a[at] > b[at] ? 1 : a[at] < b[at] ? -1 : 0));
    }
    const sort = (at) => { sorted = { tab, at, down: sorted?.tab === tab && sorted.at === at && !sorted.down }; paint(); };
    const numeric = (at) => rows.length > 0 && typeof rows[0].cells[at] === "number";
    const heads = head.map((name, at) => h("th", { scope: "col", class: numeric(at) ? "num" : "" }, h("button", { title: "Sort", click: () => sort(at) }, name)));
    const parts = [h("table", {}, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...shown.flatMap(row)))];
    if (!shown.length) parts.push(h("p", { class: "fw-note" }, wanted ? "Nothing matches the filter" : "Nothing here"));
    if (note) parts.push(h("p", { class: "fw-note" }, note));
    if (folded.length && !wanted) parts.push(h("button", { class: "fw-fold", "aria-expanded": String(unfolded), click: () => { unfolded = !unfolded; paint(); } },
      unfolded ? "Fold those of the framework" : `${folded.length} of the framework`));
    return parts;
  }

  /** A lane for each processor, with a bar for each delivery: who worked when. */
  function lanes({ rows, note }) {
    const wanted = filter.value.toLowerCase();
    const shown = rows.filter(([name]) => !wanted || name.toLowerCase().includes(wanted));
    const lane = ([name, bars]) => h("tr", {}, h("th", { scope: "row" }, name),
      h("td", { class: "fw-lane" }, s("svg", { viewBox: "0 0 1000 16", preserveAspectRatio: "none", role: "img", "aria-label": `${name}: ${bars.length} deliveries` },
        ...bars.map(([start, width, state, title]) => s("rect", { class: `b-${state}`, x: 1000 * start, y: 1, width: Math.max(2, 1000 * width), height: 14 }, s("title", {}, title))))));
    const parts = [h("table", {}, h("tbody", {}, ...shown.map(lane)))];
    parts.push(h("p", { class: "fw-note" }, shown.length ? note : "Nothing was delivered in this phase"));
    return parts;
  }

  function paint() {
    const state = model.get("state");
    if (model.get("moved")) return movedNote(root, model.get("moved"));
    summary.textContent = state.summary;
    for (const driver of drivers) driver.disabled = state.busy || state.finished;
    stop.disabled = state.finished;
    root.classList.toggle("in-past", state.past !== null);
    past.textContent = state.past === null ? "" : `Looking at phase ${state.past}. Nothing is re-executed.`;
    graph.paint(state);
    for (const [name, element] of Object.entries(tabs)) {
      const { total } = state.panes[name];
      element.textContent = `${TABS[name]} ${number(total)}`;
      element.setAttribute("aria-selected", name === tab);
    }
    chosen.hidden = !state.selected;
    chosen.textContent = `${state.selectedLabel} ×`;
    const scrolled = body.scrollTop;
    const stops = () => [...body.querySelectorAll("button, [tabindex]")];
    const focused = stops().indexOf(root.getRootNode().activeElement);
    body.replaceChildren(...(tab === "timeline" ? lanes(state.panes.timeline) : table(state.panes[tab])));
    body.scrollTop = scrolled;
    stops()[focused]?.focus({ preventScroll: true }); // the keyboard stays where it was while the state changes
    tree.hidden = tab !== "events" || !state.tree;
    tree.textContent = state.tree;
    paintTime(state);
    message.textContent = [state.hint, state.message !== state.hint && state.message].filter(Boolean).join(" · ");
    waiting.textContent = state.finished ? "" : state.waiting;
  }

  function paintTime({ ticks: known, past: phase }) {
    time.hidden = known.length === 0;
    if (time.hidden) return;
    const first = known[0][0], last = known[known.length - 1][0], span = Math.max(1, last - first);
    slider.min = first;
    slider.max = last;
    slider.value = phase ?? last;
    slider.disabled = known.length < 2;
    label.textContent = phase === null ? `now, phase ${last}` : `phase ${phase} of ${last}`;
    ticks.replaceChildren(...known.map(([number, failed]) => h("i", {
      class: failed ? "failed" : "", style: `left:${(100 * (number - first)) / span}%`, title: `phase ${number}` })));
  }

  const draw = () => { graph.draw(model.get("picture")); paint(); };
  const update = () => { kernel.answered(); paint(); };
  model.on("change:picture", draw);
  model.on("change:state", update);
  model.on("change:moved", paint);
  draw();
  return () => { graph.close(); model.off("change:picture", draw); model.off("change:state", update); model.off("change:moved", paint); };
}

export default { render };
