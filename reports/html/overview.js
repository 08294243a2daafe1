// Heat map, mean ranks, and cost against quality.
function drawHeat() {
  const sets = shownSets(), methods = shownMethods(), higher = metric().higher;
  const values = methods.flatMap((m) => sets.map((set) => figure(m, set.place)[0])).filter((one) => one !== null).sort((a, b) => a - b);
  const low = values[0], high = values[values.length - 1];
  const shade = (one) => { const share = high > low ? (one - low) / (high - low) : 1; return (higher ? share : 1 - share) ** 2; };
  const worst = higher ? -1 : 2;
  const rows = [...methods].sort((a, b) => (higher ? -1 : 1) * ((mean(a) ?? worst) - (mean(b) ?? worst)));
  at("heat").replaceChildren(el("thead", {}, el("tr", {}, [el("th", { scope: "col" }, metric().title), ...sets.map((set) => el("th", { scope: "col", class: "figure" }, set.name))])),
    el("tbody", {}, rows.map((method) => el("tr", {}, [el("th", { scope: "row" }, method.label), ...sets.map((set) => {
      const one = figure(method, set.place)[0];
      return el("td", { style: one === null ? {} : { background: `rgba(var(--heat), ${(0.6 * shade(one)).toFixed(3)})` } }, percent(one));
    })]))));
}

function drawRanks() {
  const found = block().ranks;
  at("ranks-section").hidden = !found;
  if (!found) return;
  const colors = found.labels.map((label) => block().methods.find((one) => one.label === label).color);
  at("ranks").replaceChildren(rankPicture({ ...found, colors }), el("p", { class: "small" },
    `The ${found.labels.length} methods with the best mean AUROC, ranked on ${block().sets.length} OOD sets. ${rankWords(found, block().methods.length)}`));
}

// Names beside points, of the earlier first; one that would cover a point, a name or the edge is left to hovering.
function pointNames(points, sx, sy, right, top) {
  const taken = points.map(({ x, y }) => [sx(x) - 6, sy(y) - 6, sx(x) + 6, sy(y) + 6]), texts = [];
  for (const { m, x, y } of points) {
    const long = 6.6 * m.label.length + 6, [px, py] = [sx(x), sy(y)];
    const sides = [[px + 9, py - 6], [px - 9 - long, py - 6], [px - long / 2, py - 20], [px - long / 2, py + 8]];
    const boxes = sides.map(([left, up]) => [left, up, left + long, up + 12]);
    const free = boxes.find((one) => one[0] > 56 && one[2] < right && one[1] > top
      && !taken.some((other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]));
    if (!free) continue;
    taken.push(free);
    texts.push(svg("text", { class: "point-name", x: free[0], y: free[3] - 2, "aria-hidden": "true" }, m.label));
  }
  return texts;
}

function drawCost() {
  const all = shownMethods().filter((m) => m.cost !== null && mean(m) !== null).map((m) => ({ m, x: Math.max(m.cost, 0.001), y: mean(m) }));
  if (!all.length) { at("cost").replaceChildren(el("p", {}, "Costs are not known.")); return; }
  const width = 640, height = 420, higher = metric().higher;
  const xs = all.map((one) => one.x), ys = all.map((one) => one.y), pad = 0.06 * (Math.max(...ys) - Math.min(...ys) || 0.1);
  const x0 = 10 ** Math.floor(Math.log10(Math.min(...xs))), x1 = 10 ** Math.ceil(Math.log10(Math.max(...xs) * 1.01));
  const y0 = Math.max(0, Math.min(...ys) - pad), y1 = Math.min(1, Math.max(...ys) + pad);
  const sx = scale(x0, x1, 56, width - 32, true), sy = scale(y0, y1, height - 46, 14, false);
  const better = (a, b) => (higher ? a.y >= b.y : a.y <= b.y) && a.x <= b.x && (a.x !== b.x || a.y !== b.y);
  const front = all.filter((one) => !all.some((other) => better(other, one))).sort((a, b) => a.x - b.x);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Cost against quality" });
  for (let one = x0; one <= x1 * 1.01; one *= 10) picture.append(svg("line", { class: "axis", x1: sx(one), x2: sx(one), y1: 14, y2: height - 46 }),
    svg("text", { x: sx(one), y: height - 28, "text-anchor": "middle" }, Number(one.toPrecision(2)).toLocaleString("en")));
  for (const [one, text] of ticks(roundTicks(y0, y1))) picture.append(svg("line", { class: "axis", x1: 56, x2: width - 32, y1: sy(one), y2: sy(one) }), svg("text", { x: 50, y: sy(one) + 4, "text-anchor": "end" }, text));
  picture.append(svg("path", { class: "guide", d: front.map((one, i) => `${i ? "L" : "M"}${sx(one.x)} ${sy(one.y)}`).join("") }),
    svg("text", { x: width / 2, y: height - 8, "text-anchor": "middle" }, "µs per image beyond the network's pass, log scale"));
  for (const { m, x, y } of all) {
    const text = `${m.label}\n${metric().title} ${percent(y)} %\n${quantity(x)} µs per image`;
    picture.append(svg("circle", { cx: sx(x), cy: sy(y), r: 5.5, tabindex: 0, role: "img", "aria-label": text, style: { fill: color(m) },
      onpointerenter: (event) => tip(text, event), onpointerleave: (event) => tip("", event), onfocus: (event) => tip(text, event), onblur: (event) => tip("", event) }));
  }
  picture.append(...pointNames([...front, ...all.filter((one) => !front.includes(one))], sx, sy, width - 32, 14));
  const named = front.map((one) => `${one.m.label} (${quantity(one.x)} µs, ${percent(one.y)} %)`).join(", ");
  at("cost").replaceChildren(picture, el("p", { class: "small" }, `Mean ${metric().title} (%) over the OOD sets shown. A point without a name has it on hovering or focus. Dotted: nothing is both cheaper and better: ${named}.`));
}
