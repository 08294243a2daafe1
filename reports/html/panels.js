// Small histograms, one for each method that is drawn.
function panel(method, found, names, shade) {
  const width = 260, height = 130, bottom = 96, top = Math.max(...found.bins.flat(), 1), step = (width - 12) / found.bins[0].length;
  const outline = (bins) => "M6 " + bottom + bins.map((one, i) => `V${(bottom - (one / top) * 84).toFixed(1)}H${(6 + (i + 1) * step).toFixed(1)}`).join("") + `V${bottom}Z`;
  const [first, second] = found.bins.map(outline);
  const shapes = [[second, shade, 0.35], [first, color(method), 0.4]].map(([d, paint, opacity]) =>
    svg("path", { d, style: { fill: paint, fillOpacity: opacity, stroke: paint, strokeWidth: 1.1 } }));
  const every = Math.ceil(found.ticks.length / 3);
  const marks = found.ticks.filter((_, i) => i % every === 0).map(([x, text]) => svg("text", { x: 6 + x * (width - 12), y: bottom + 15, "text-anchor": x < 0.1 ? "start" : x > 0.9 ? "end" : "middle" }, text));
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height - 12}`, role: "img", tabindex: 0,
    "aria-label": `${method.label}: ${names[0]} (${found.sizes[0]}) against ${names[1]} (${found.sizes[1]})` },
  [...shapes, svg("line", { class: "axis", x1: 6, x2: width - 6, y1: bottom, y2: bottom }), ...marks]);
  picture.addEventListener("pointermove", (event) => {
    const where = picture.getBoundingClientRect();
    const place = Math.floor((((event.clientX - where.left) / where.width) * width - 6) / step);
    if (place < 0 || place >= found.bins[0].length) return tip("", event);
    tip(found.bins.map((bins, i) => `${names[i]}: ${(bins[place] / 100).toFixed(2)} % in this bin`).join("\n"), event);
  });
  picture.addEventListener("pointerleave", (event) => tip("", event));
  return el("figure", {}, [el("figcaption", {}, method.label), picture, el("div", { class: "small" }, found.label)]);
}

function drawHistograms() {
  const set = block().sets[state.set];
  at("histogram-note").textContent = `${set.name}. Coloured: ${block().n.toLocaleString("en")} ID images; grey: ${set.n.toLocaleString("en")} OOD images. The set is chosen above the curves.`;
  at("histograms").replaceChildren(...drawnMethods().filter((method) => method.cells[state.set]).map((method) => panel(method, method.cells[state.set].scores, ["ID", "OOD"], "var(--ood)")));
  const known = drawnMethods().filter((method) => method.right);
  at("right-section").hidden = !known.length;
  at("right").replaceChildren(...known.map((method) => panel(method, method.right, ["right", "wrong"], "var(--fg)")));
}
