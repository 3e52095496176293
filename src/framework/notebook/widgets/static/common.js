// Shared by the widgets. Text from user data is set as textContent; markup comes escaped from Python.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (functions become listeners) and children (strings become text). */
function h(tag, attrs = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** The same for SVG. */
function s(tag, attrs = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attrs)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function number(value) {
  return typeof value === "number" ? value.toLocaleString("en") : value;
}

/** Tells the reader when the kernel does not answer: it may be busy with a cell, or gone. */
function waitingFor(model, line) {
  let timer = 0;
  const answered = () => {
    clearTimeout(timer);
    timer = 0;
    line.textContent = "";
  };
  return {
    answered,
    send(command) {
      clearTimeout(timer);
      timer = setTimeout(() => { line.textContent = "waiting for the kernel"; }, 400);
      model.send(command);
    },
  };
}

/** The frame of a widget; its content is styled by its width. */
function frame(el, name, attrs) {
  const root = h("div", { class: `fw ${name}`, role: "region", ...attrs });
  el.classList.add("fw-box");
  el.append(root);
  return root;
}

/** Replaces a view that is shown in a later cell. */
function movedNote(root, text) {
  root.className = "fw";
  root.replaceChildren(h("p", { class: "fw-note" }, text));
}
