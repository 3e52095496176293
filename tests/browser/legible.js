/* Reads every text in the elements of a selector, shadow roots and SVG images included. Answers with a line for each that
   is smaller than 11 px, has less contrast than WCAG AA asks, or is cut off at the side. */
async (selector) => {
  const SMALLEST = 11, CONTRAST = 4.5, LARGE = { px: 24, contrast: 3 };
  const found = new Set();

  // -- walking, through shadow roots both ways
  const roots = (node) => [...node.querySelectorAll(selector), ...[...node.querySelectorAll("*")].filter((e) => e.shadowRoot).flatMap((e) => roots(e.shadowRoot))];
  const parent = (element) => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host ?? null;
  function* above(element) { for (let e = element; e; e = parent(e)) yield e; }
  function* texts(root) {
    const walker = root.ownerDocument.createTreeWalker(root, 4);
    while (walker.nextNode()) if (walker.currentNode.nodeValue.trim()) yield walker.currentNode;
    for (const host of root.querySelectorAll("*")) if (host.shadowRoot) for (const child of host.shadowRoot.children) yield* texts(child);
  }

  // -- colours, as the browser computed them: rgb(...) and rgba(...), or color(srgb ...)
  function rgba(text) {
    const numbers = (text.match(/[\d.]+(e-\d+)?/g) ?? []).map(Number);
    if (text.startsWith("color(srgb")) return [...numbers.slice(0, 3).map((n) => n * 255), numbers[3] ?? 1];
    return text.startsWith("rgb") ? [...numbers.slice(0, 3), numbers[3] ?? 1] : [0, 0, 0, 0];
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const canvas = (document_, ground) => (document_ === document ? [255, 255, 255, 1] : ground);

  /** What is painted behind a text: boxes of HTML, and in SVG the shapes that cover its middle. */
  function groundOf(element, box, outer) {
    const layers = [];
    const middle = [box.x + box.width / 2, box.y + box.height / 2];
    for (const e of above(element)) {
      const style = getComputedStyle(e);
      if (e instanceof e.ownerDocument.defaultView.SVGElement && e.tagName !== "svg") {
        const siblings = [...(e.parentElement?.children ?? [])];
        const before = siblings.slice(0, siblings.indexOf(e)).reverse().flatMap((s) => (s.tagName === "g" ? [...s.children] : [s]));
        for (const shape of before.filter((s) => /^(rect|path|polygon|circle|ellipse)$/.test(s.tagName))) {
          const area = shape.getBoundingClientRect();
          const covers = area.left <= middle[0] && middle[0] <= area.right && area.top <= middle[1] && middle[1] <= area.bottom;
          const paint = getComputedStyle(shape);
          const [r, g, b, a] = rgba(paint.fill);
          if (covers && paint.fill !== "none") layers.push([r, g, b, a * Number(paint.fillOpacity) * Number(paint.opacity)]);
        }
      }
      layers.push(rgba(style.backgroundColor));
    }
    return layers.reverse().reduce((ground, layer) => over(layer, ground), canvas(element.ownerDocument, outer));
  }

  function visible(element) {
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
    for (const e of above(element)) {
      if (e.tagName === "DETAILS" && !e.open && !element.closest("summary")) return false;
      if (e.matches?.("option, title, desc, style, script, [aria-hidden=true]")) return false;
    }
    return true;
  }

  /** The sides of the box that an ancestor cuts off, without a way to see the rest. */
  function cut(element, box) {
    for (const e of above(element)) {
      if (e.matches(".fw-canvas, [data-pan]")) return false; // a graph is moved in its frame
      const { overflowX, textOverflow } = getComputedStyle(e);
      if (overflowX === "visible" || e.tagName === "svg") continue;
      const frame = e.getBoundingClientRect();
      if (box.left >= frame.left - 1 && box.right <= frame.right + 1) continue;
      if (box.right < frame.left || box.left > frame.right) return overflowX !== "auto" && overflowX !== "scroll" ? "outside of its frame" : "scrolled away at the side";
      if (textOverflow === "ellipsis" && [...above(element)].some((a) => a.title)) return false; // the tooltip has all of it
      return "cut off at the side";
    }
    return box.right > e_width() + 1 && "outside of the page";
  }
  const e_width = () => document.documentElement.clientWidth;

  function read(root, scale, outer, check) {
    const range = root.ownerDocument.createRange();
    for (const text of texts(root)) {
      const element = text.parentElement;
      if (!element || !visible(element)) continue;
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      if (!box.width || !box.height) continue;
      const style = getComputedStyle(element);
      const svg = element.ownerSVGElement;
      const size = parseFloat(style.fontSize) * (svg ? Math.hypot(element.getScreenCTM().a, element.getScreenCTM().b) : 1) * scale;
      const say = (what) => found.add(`${what}: ${text.nodeValue.trim().slice(0, 60)}`);
      if (size < SMALLEST - 0.05) say(`${size.toFixed(1)} px`);
      const disabled = element.closest(":disabled, [aria-disabled=true]");
      const ground = groundOf(element, box, outer);
      const ink = over(rgba(svg ? style.fill : style.color), ground);
      const opacity = [...above(element)].reduce((o, e) => o * Number(getComputedStyle(e).opacity), 1);
      const ratio = contrast(over([...ink.slice(0, 3), opacity], ground), ground);
      if (!disabled && ratio < (size >= LARGE.px ? LARGE.contrast : CONTRAST) - 0.05) say(`contrast ${ratio.toFixed(2)}`);
      const how = check && cut(element, box);
      if (how) say(how);
    }
  }

  /** A picture is read in a frame of the same colour scheme, at the size that it is shown at. */
  async function readPicture(image) {
    if (!image.complete || !image.naturalWidth) return found.add(`broken picture: ${image.alt}`);
    const source = await (await fetch(image.src)).text();
    const frame = document.createElement("iframe");
    // a page that says nothing shows pictures as the system prefers, frames light
    const said = getComputedStyle(image).colorScheme;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    frame.style.cssText = `position:fixed;left:0;top:0;width:${image.naturalWidth}px;height:${image.naturalHeight}px;border:0;opacity:0;color-scheme:${said === "normal" ? system : said}`;
    frame.srcdoc = `<!doctype html><body style="margin:0">${source}</body>`;
    const loaded = new Promise((done) => { frame.onload = done; });
    document.body.append(frame);
    await loaded;
    read(frame.contentDocument.body, image.clientWidth / image.naturalWidth, groundOf(image, image.getBoundingClientRect()), false);
    frame.remove();
  }

  for (const root of roots(document)) {
    read(root, 1, null, true);
    for (const image of root.querySelectorAll("img[src^='data:image/svg']")) await readPicture(image);
  }
  return [...found];
}
