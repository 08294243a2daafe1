// A chart of lines with a cursor: by mouse, touch, or the arrow keys.
const BOX = { width: 640, height: 420, left: 52, right: 14, top: 12, bottom: 46 };
const LINEAR = [0, 0.2, 0.4, 0.6, 0.8, 1];

function scale(low, high, from, to, log) {
  const f = log ? Math.log10 : (value) => value;
  return (value) => from + ((f(Math.max(value, log ? low : value)) - f(low)) / (f(high) - f(low))) * (to - from);
}

// lines: [{method, x, y}]; x ascending. `axes` names the axes and their ranges; guides are point lists.
function lineChart(host, lines, axes) {
  const box = BOX, [x0, x1] = axes.xRange, [y0, y1] = axes.yRange;
  const sx = scale(x0, x1, box.left, box.width - box.right, axes.log);
  const sy = scale(y0, y1, box.height - box.bottom, box.top, false);
  const path = (xs, ys) => xs.map((x, i) => `${i ? "L" : "M"}${sx(x).toFixed(1)} ${sy(ys[i]).toFixed(1)}`).join("");
  const picture = svg("svg", { viewBox: `0 0 ${box.width} ${box.height}`, role: "img", tabindex: 0, "aria-label": `${axes.y} against ${axes.x}. Arrow keys move the cursor.` });
  for (const [value, text] of axes.xTicks) picture.append(svg("line", { class: "axis", x1: sx(value), x2: sx(value), y1: box.top, y2: box.height - box.bottom }),
    svg("text", { x: sx(value), y: box.height - box.bottom + 18, "text-anchor": "middle" }, text));
  for (const [value, text] of axes.yTicks) picture.append(svg("line", { class: "axis", x1: box.left, x2: box.width - box.right, y1: sy(value), y2: sy(value) }),
    svg("text", { x: box.left - 6, y: sy(value) + 4, "text-anchor": "end" }, text));
  picture.append(svg("text", { x: (box.left + box.width) / 2, y: box.height - 6, "text-anchor": "middle" }, axes.x),
    svg("text", { x: 12, y: (box.top + box.height - box.bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(box.top + box.height - box.bottom) / 2})` }, axes.y));
  for (const guide of axes.guides || []) picture.append(svg("path", { class: "guide", d: path(guide[0], guide[1]) }));
  for (const line of lines) picture.append(svg("path", { class: "line", d: path(line.x, line.y), "stroke-dasharray": dashes(line.method), style: { stroke: color(line.method) } }));
  const cursor = svg("line", { class: "cursor", y1: box.top, y2: box.height - box.bottom, visibility: "hidden" });
  picture.append(cursor);
  const values = lines.map(() => el("span", { class: "value" }));
  const head = el("p", { class: "small cursor-at" }, axes.rest);
  const rest = () => lines.forEach((line, i) => { values[i].textContent = line.value; });
  const legend = el("ul", { class: "legend" }, lines.map((line, i) => el("li", {}, [key(line.method), line.method.label, values[i]])));
  let share = 0.5;
  const show = () => {
    const x = axes.log ? 10 ** (Math.log10(x0) + share * (Math.log10(x1) - Math.log10(x0))) : x0 + share * (x1 - x0);
    cursor.setAttribute("x1", sx(x)); cursor.setAttribute("x2", sx(x)); cursor.setAttribute("visibility", "visible");
    head.textContent = `${axes.yShort} at ${axes.xShort} ${Number((100 * x).toPrecision(3))} %`;
    lines.forEach((line, i) => { values[i].textContent = percent(value(line, x)); });
  };
  const hide = () => { cursor.setAttribute("visibility", "hidden"); head.textContent = axes.rest; rest(); };
  picture.addEventListener("pointermove", (event) => {
    const where = picture.getBoundingClientRect();
    const x = ((event.clientX - where.left) / where.width) * box.width;
    share = Math.min(1, Math.max(0, (x - box.left) / (box.width - box.right - box.left)));
    show();
  });
  picture.addEventListener("pointerleave", hide);
  picture.addEventListener("blur", hide);
  picture.addEventListener("focus", () => { if (picture.matches(":focus-visible")) show(); });
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.01, ArrowRight: 0.01 }[event.key];
    if (!step) return;
    event.preventDefault();
    share = Math.min(1, Math.max(0, share + step * (event.shiftKey ? 10 : 1)));
    show();
  });
  rest();
  host.replaceChildren(el("div", { class: "chart" }, [picture, el("div", {}, [head, legend])]));
}

// The line's height at x, between its neighbouring points.
function value(line, x) {
  const { x: xs, y: ys } = line;
  if (!xs.length || x < xs[0] || x > xs[xs.length - 1]) return null;
  let low = 0, high = xs.length - 1;
  while (high - low > 1) { const middle = (low + high) >> 1; if (xs[middle] <= x) low = middle; else high = middle; }
  if (xs[high] <= x) return ys[high];
  return xs[high] === xs[low] ? ys[high] : ys[low] + ((ys[high] - ys[low]) * (x - xs[low])) / (xs[high] - xs[low]);
}
const ticks = (values) => values.map((one) => [one, Number((100 * one).toPrecision(3)).toString()]);

// Round values (steps of 1, 2 or 5 times a power of ten) between two ends, about `count` of them.
function roundTicks(low, high, count = 5) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
