// Makes elements. Text from data only ever becomes a text node or an attribute, never markup.
const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(node.style, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  for (const child of [].concat(children === undefined ? [] : children))
    if (child !== null && child !== undefined) node.append(child instanceof Node ? child : String(child));
  return node;
}
const el = (name, attributes, children) => fill(document.createElement(name), attributes, children);
const svg = (name, attributes, children) => fill(document.createElementNS(SVG, name), attributes, children);
const at = (id) => document.getElementById(id);
const percent = (value, digits = 1) => (value === null || value === undefined ? "–" : (100 * value).toFixed(digits));
const color = (method) => `var(--c${method.color})`;
const dashes = (method) => DATA.dashes[method.dash].map((length) => 1.8 * length).join(" ") || null;

function key(method) {
  const line = svg("line", { x1: 0, y1: 5, x2: 24, y2: 5, "stroke-dasharray": dashes(method), style: { stroke: color(method) } });
  return svg("svg", { class: "key", viewBox: "0 0 24 10", "aria-hidden": "true" }, line);
}

function tip(text, event) {
  const box = at("tip");
  box.hidden = !text;
  if (!text) return;
  box.textContent = text;
  const where = event.clientX === undefined ? event.target.getBoundingClientRect() : null;
  const x = where ? where.right : event.clientX, y = where ? where.top : event.clientY;
  box.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${Math.max(4, Math.min(y + 12, innerHeight - box.offsetHeight - 8))}px`;
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}
