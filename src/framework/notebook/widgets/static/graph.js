/** The graph: coloured by state, zoomed with Ctrl and the wheel or + and -, moved by dragging, fitted by a button. */
function graphPane(onSelect) {
  const canvas = h("div", { class: "fw-canvas", role: "group", "aria-label": "graph" });
  const pane = h("div", { class: "fw-graph" }, canvas);
  let svg = null, full = [0, 0, 1, 1], box = full;

  const show = (next) => { box = next; svg?.setAttribute("viewBox", box.join(" ")); };
  const fit = () => show(full);
  const zoom = (factor, x = 0.5, y = 0.5) => {
    const [left, top, width, height] = box;
    show([left + width * (1 - factor) * x, top + height * (1 - factor) * y, width * factor, height * factor]);
  };

  function draw(text) {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    svg = document.importNode(parsed, true);
    full = (svg.getAttribute("viewBox") || "0 0 1 1").split(/\s+/).map(Number);
    pane.parentElement?.style.setProperty("--aspect", full[2] / full[3]);
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    canvas.replaceChildren(svg);
    fit();
    for (const node of svg.querySelectorAll(".node")) {
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "button");
      node.addEventListener("click", () => onSelect(node.id));
      node.addEventListener("keydown", (event) => { if (event.key === "Enter") onSelect(node.id); });
    }
  }

  function paint({ nodes, used, selected }) {
    if (!svg) return;
    const states = new Map(nodes.map(([id, state, note]) => [id, [state, note]]));
    for (const node of svg.querySelectorAll(".node")) {
      const [state, note] = states.get(node.id) ?? ["", ""];
      const kind = node.getAttribute("class").split(" ").filter((name) => !/^(s-|selected)/.test(name));
      node.setAttribute("class", [...kind, state && `s-${state}`, node.id === selected && "selected"].filter(Boolean).join(" "));
      node.setAttribute("aria-pressed", node.id === selected);
      const lines = [...node.querySelectorAll("text")].slice(1);
      const texts = note.split("\n");
      lines.forEach((line, place) => { line.textContent = texts[place] ?? ""; });
    }
    const now = new Set(used);
    for (const edge of svg.querySelectorAll(".edge")) edge.classList.toggle("used", now.has(edge.id));
  }

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => { drag = [event.clientX, event.clientY, box]; });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag || !event.buttons) return;
    const [x, y, [left, top, width, height]] = drag;
    const scale = Math.max(width / canvas.clientWidth, height / canvas.clientHeight);
    show([left - (event.clientX - x) * scale, top - (event.clientY - y) * scale, width, height]);
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the notebook
    event.preventDefault();
    const area = canvas.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, (event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height);
  }, { passive: false });
  pane.append(h("div", { class: "fw-zoom" },
    h("button", { click: () => zoom(1 / 1.25), title: "Zoom in", "aria-label": "Zoom in" }, "+"),
    h("button", { click: () => zoom(1.25), title: "Zoom out", "aria-label": "Zoom out" }, "−"),
    h("button", { click: fit, title: "Show the whole graph" }, "Fit")));
  return { pane, draw, paint };
}

/** What the colours and icons mean. */
function legend() {
  const states = [["running", "▶", "running"], ["ran", "✓", "ran"], ["waiting", "…", "waiting"], ["failed", "✗", "failed"],
    ["unreceived", "!", "no recipient"], ["unemitted", "→", "from outside"]];
  const items = states.map(([state, icon, text]) => h("span", {}, h("b", { class: `i-${state}` }, icon), ` ${text}`));
  return h("div", { class: "fw-legend", "aria-label": "legend" }, ...items);
}
