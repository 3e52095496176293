/** The graph at the size its letters are read in: what does not fit is scrolled or dragged, never shrunk.
 *
 * A click focuses a node and fades what does not belong to it, expands a group, or collapses the frame around one.
 * `send` takes commands of the picture, `onSelect` the id of the focused node, or null.
 */
function graphPane({ send, onSelect }) {
  const canvas = h("div", { class: "fw-canvas", role: "group", "aria-label": "graph", keydown: move });
  const search = h("input", { type: "search", placeholder: "find a node", "aria-label": "Find a node", input: () => mark(), keydown: next });
  const hits = h("span", { class: "fw-note", role: "status" });
  const reach = h("select", { "aria-label": "What a focused node keeps", change: () => fade() },
    ...[["both", "up and down"], ["up", "upstream"], ["down", "downstream"], ["near", "neighbours"]].map(([value, text]) => h("option", { value }, text)));
  const clear = h("button", { title: "Show everything (Esc)", hidden: true, click: () => focus(null) });
  const bar = h("div", { class: "fw-graph-bar", role: "toolbar", "aria-label": "Graph" }, search, hits, reach, clear,
    h("button", { click: () => zoomTo(zoom / 1.25), title: "Zoom out", "aria-label": "Zoom out" }, "−"),
    h("button", { click: () => zoomTo(zoom * 1.25), title: "Zoom in", "aria-label": "Zoom in" }, "+"),
    h("button", { click: fullScreen, title: "Fill the screen, or go back" }, "Full screen"));
  const pane = h("div", { class: "fw-graph" }, bar, canvas);
  const LEGEND = [["running", "▶", "running"], ["ran", "✓", "ran"], ["waiting", "…", "waiting"], ["failed", "✗", "failed"],
    ["unreceived", "!", "no recipient"], ["unemitted", "→", "from outside"], ["missing", "✗", "no provider"]]
    .map(([state, icon, text]) => [`.s-${state}`, h("span", {}, h("b", { class: `i-${state}` }, icon), ` ${text}`)]);
  LEGEND.push(['.node:not([data-group]) [fill="none"]', h("span", {}, h("b", { class: "i-persists" }, "▣"), " keeps its results")]);
  const legend = h("div", { class: "fw-legend", "aria-label": "legend" }, ...LEGEND.map(([, item]) => item));
  let svg = null, size = [1, 1], zoom = 1, focused = null, wanted = null, laidOutFor = 0;

  const nodes = () => [...svg.querySelectorAll(".node")];
  const edges = () => [...svg.querySelectorAll(".edge")];
  const names = (element) => (element.dataset.names ?? "").split("\t");
  const called = (element) => (element.dataset.label ? [element.dataset.label] : names(element).slice(0, 5));
  const named = (name) => nodes().find((node) => names(node).includes(name));

  function draw(text) {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    const before = svg && focused && svg.getElementById(focused);
    const kept = before ? names(before)[0] : null;
    svg = document.importNode(parsed, true);
    size = (svg.getAttribute("viewBox") || "0 0 1 1").split(/\s+/).slice(2).map(Number);
    svg.setAttribute("aria-label", canvas.getAttribute("aria-label"));
    canvas.replaceChildren(svg);
    pane.style.setProperty("--natural", `${Math.ceil(size[1]) + 48}px`);
    zoomTo(zoom);
    for (const node of nodes()) button(node, node.dataset.group ? "expands" : "", () => (node.dataset.group ? toggle(node) : focus(node.id === focused ? null : node.id)));
    for (const cluster of svg.querySelectorAll(".cluster")) button(cluster, "collapses", () => toggle(cluster));
    for (const edge of edges()) if (edge.dataset.names) edge.addEventListener("click", () => focus(edge.id === focused ? null : edge.id));
    nodes()[0]?.setAttribute("tabindex", "0");
    focused = kept === null ? null : named(kept)?.id ?? null;
    if (wanted !== null) reveal();
    fade();
    mark();
  }

  function button(element, what, click) {
    element.setAttribute("tabindex", "-1");
    element.setAttribute("role", "button");
    element.dataset.what = what;
    element.setAttribute("aria-label", [...called(element), what].filter(Boolean).join(", "));
    element.addEventListener("click", (event) => { event.stopPropagation(); if (!dragged) click(); });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      click();
    });
  }

  const toggle = (element) => { wanted = names(element)[0]; send({ do: "toggle", group: element.dataset.group }); };

  // -- colours and counts

  function paint({ nodes: states, used, selected }) {
    if (!svg) return;
    const marks = new Map(states.map(([id, ...mark]) => [id, mark]));
    for (const node of nodes()) {
      const [state, note, bar] = marks.get(node.id) ?? ["", "", []];
      const kind = node.getAttribute("class").split(" ").filter((name) => !name.startsWith("s-"));
      node.setAttribute("class", [...kind, state && `s-${state}`].filter(Boolean).join(" "));
      node.setAttribute("aria-label", [...called(node), state, note.replace("\n", ", "), node.dataset.what].filter(Boolean).join(", "));
      const fixed = node.dataset.group ? 1 : names(node).length;
      const texts = note.split("\n");
      [...node.querySelectorAll("text")].slice(fixed).forEach((line, place) => { line.textContent = texts[place] ?? ""; });
      drawBar(node, bar);
    }
    for (const [present, item] of LEGEND) item.hidden = !svg.querySelector(present); // what the colours and icons mean
    const now = new Set(used);
    for (const edge of edges()) edge.classList.toggle("used", now.has(edge.id));
    if (onSelect && selected !== focused) { focused = selected; fade(); }
  }

  /** A stripe at the lower side of a box: what ran, failed, runs and waits, by their shares. */
  function drawBar(node, bar) {
    node.querySelectorAll(":scope > .bar").forEach((old) => old.remove());
    if (!bar.length) return;
    const shape = node.querySelector("polygon, path");
    // from the outline itself: getBBox is empty while the widget is hidden
    const numbers = (shape.getAttribute("points") ?? shape.getAttribute("d")).match(/-?\d+(\.\d+)?/g).map(Number);
    const across = numbers.filter((_, at) => at % 2 === 0), bottom = Math.max(...numbers.filter((_, at) => at % 2));
    let left = Math.min(...across) + 1;
    const width = Math.max(...across) - left - 1;
    for (const [state, share] of bar) {
      node.append(s("rect", { class: `bar b-${state}`, x: left, y: bottom - 5, width: width * share, height: 4 }));
      left += width * share;
    }
  }

  // -- focus

  function focus(id) {
    focused = id;
    fade();
    onSelect?.(id);
  }

  /** Fade what cannot be reached from the focused node along the arrows, in the chosen direction. */
  function fade() {
    if (!svg) return;
    const element = focused && svg.getElementById(focused);
    const kept = new Set();
    if (element) {
      const all = edges().map((edge) => [edge.id, edge.dataset.from, edge.dataset.to]);
      const far = reach.value !== "near";
      const walk = (waiting, from, to) => {
        const seen = new Set(waiting);
        for (const here of waiting) for (const [id, ...ends] of all) {
          if (ends[from] !== here) continue;
          kept.add(id);
          if (!seen.has(ends[to])) { seen.add(ends[to]); if (far) waiting.push(ends[to]); }
        }
        for (const id of seen) kept.add(id);
      };
      const edge = all.find(([id]) => id === focused);
      if (edge) edge.forEach((id) => kept.add(id));
      else {
        if (reach.value !== "up") walk([focused], 0, 1);
        if (reach.value !== "down") walk([focused], 1, 0);
      }
    }
    for (const part of [...nodes(), ...edges()]) {
      part.classList.toggle("faded", Boolean(element) && !kept.has(part.id));
      part.classList.toggle("selected", part.id === focused);
      if (part.classList.contains("node")) part.setAttribute("aria-pressed", part.id === focused);
    }
    svg.querySelectorAll(".late").forEach((label) => label.remove());
    for (const edge of element ? edges() : []) if ([edge.id, edge.dataset.from, edge.dataset.to].includes(focused)) labelLate(edge);
    clear.hidden = !element;
    clear.textContent = element ? `${names(element)[0]} ×` : "";
  }

  /** In a crowded picture the arrows of the focused node get their labels, at their middle. */
  function labelLate(edge) {
    const line = edge.querySelector("path");
    if (!edge.dataset.names || !line || edge.querySelector("text")) return;
    const { x, y } = line.getPointAtLength(line.getTotalLength() / 2);
    const all = names(edge);
    edge.append(s("text", { class: "late", x, y, "font-size": 11, "text-anchor": "middle" }, all.length > 1 ? `${all[0]} +${all.length - 1}` : all[0]));
  }

  // -- search

  /** The parts with a name that contains what is searched; the best name first: all of it, its beginning, its inside. */
  const matches = () => {
    const text = search.value.trim().toLowerCase();
    if (!text) return [];
    const rank = (name) => { const at = name.toLowerCase().indexOf(text); return at < 0 ? 3 : at > 0 ? 2 : name.length > text.length ? 1 : 0; };
    const best = (part) => names(part).reduce(([low, name], one) => (rank(one) < low ? [rank(one), one] : [low, name]), [3, ""]);
    return [...nodes(), ...edges()].map((part) => [part, ...best(part)]).filter(([, low]) => low < 3).sort((one, other) => one[1] - other[1])
      .map(([part, , name]) => ({ part, name }));
  };

  function mark() {
    if (!svg) return;
    const found = new Set(matches().map(({ part }) => part));
    for (const part of [...nodes(), ...edges()]) part.classList.toggle("found", found.has(part));
    hits.textContent = search.value.trim() ? (found.size ? `${found.size} found` : "none found") : "";
  }

  /** Go to the next match on Enter; one inside of a collapsed group expands the group first. */
  function next(event) {
    event.stopPropagation();
    if (event.key === "Escape") { search.value = ""; mark(); }
    if (event.key !== "Enter") return;
    const found = matches();
    if (!found.length) return;
    const at = found.findIndex(({ part }) => part.id === focused);
    wanted = found[(at + 1) % found.length].name;
    reveal();
  }

  function reveal() {
    const node = named(wanted) ?? edges().find((edge) => names(edge).includes(wanted));
    if (!node) { wanted = null; return; }
    if (node.dataset.group && !node.classList.contains("cluster") && search.value) {
      send({ do: "toggle", group: node.dataset.group });
      return;
    }
    wanted = null;
    const [part, seen] = [node, canvas].map((element) => element.getBoundingClientRect());
    canvas.scrollBy(part.x - seen.x - (seen.width - part.width) / 2, part.y - seen.y - (seen.height - part.height) / 2);
    if (search.value) focus(node.id);
  }

  // -- keys: arrows go to the nearest node in their direction

  const HEADINGS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function move(event) {
    const here = document.activeElement?.closest?.(".node") ?? event.target.closest(".node");
    if (event.key === "Escape" && focused) { event.stopPropagation(); focus(null); return; }
    const heading = HEADINGS[event.key];
    if (!heading || !here || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const centre = (node) => { const box = node.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; };
    const [x, y] = centre(here);
    const cost = (node) => {
      const [across, down] = [centre(node)[0] - x, centre(node)[1] - y];
      const along = across * heading[0] + down * heading[1];
      return along > 4 ? along + 2 * Math.abs(across * heading[1] + down * heading[0]) : Infinity;
    };
    const nearest = nodes().reduce((best, node) => (cost(node) < cost(best) ? node : best), here);
    if (nearest === here) return;
    here.setAttribute("tabindex", "-1");
    nearest.setAttribute("tabindex", "0");
    nearest.focus({ preventScroll: true });
    nearest.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // -- size and place

  function zoomTo(value) {
    zoom = Math.min(4, Math.max(1, value)); // smaller letters than those of the layout cannot be read
    svg?.setAttribute("width", size[0] * zoom);
    svg?.setAttribute("height", size[1] * zoom);
  }

  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else pane.requestFullscreen?.();
  }

  let drag = null, dragged = false;
  canvas.addEventListener("click", () => { if (!dragged && focused) focus(null); });
  canvas.addEventListener("pointerdown", (event) => {
    drag = [event.clientX + canvas.scrollLeft, event.clientY + canvas.scrollTop];
    dragged = false;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag || !event.buttons) return;
    const [x, y] = [drag[0] - event.clientX, drag[1] - event.clientY];
    dragged ||= Math.abs(x - canvas.scrollLeft) + Math.abs(y - canvas.scrollTop) > 4;
    if (dragged) canvas.scrollTo(x, y);
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls
    event.preventDefault();
    zoomTo(event.deltaY > 0 ? zoom / 1.15 : zoom * 1.15);
  }, { passive: false });

  // The layout follows the width: asked for again when it has changed for a moment.
  let timer = 0;
  const observer = new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const width = Math.floor(canvas.clientWidth) - 4;
      if (width < 50 || Math.abs(width - laidOutFor) < 24) return;
      laidOutFor = width;
      send({ do: "width", width });
    }, 150);
  });
  observer.observe(canvas);

  return { pane, legend, draw, paint, close: () => observer.disconnect() };
}
