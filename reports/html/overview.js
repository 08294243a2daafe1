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
  const width = 640, row = 22, order = found.labels.map((label, i) => [found.ranks[i], label]).sort((a, b) => a[0] - b[0]);
  const highest = found.labels.length, sx = scale(1, highest, 190, width - 20, false), top = 46;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${top + row * order.length + 10}`, role: "img", "aria-label": "Mean ranks with the critical difference" });
  for (let one = 1; one <= highest; one++) picture.append(svg("line", { class: "axis", x1: sx(one), x2: sx(one), y1: top - 8, y2: top + row * order.length }),
    svg("text", { x: sx(one), y: top - 14, "text-anchor": "middle" }, one));
  const end = Math.min(sx(1) + found.critical * (sx(2) - sx(1)), width - 20);
  picture.append(svg("line", { class: "cursor", x1: sx(1), x2: end, y1: 12, y2: 12 }), svg("text", { x: sx(1) - 8, y: 16, "text-anchor": "end" }, `critical difference ${found.critical.toFixed(2)}`));
  order.forEach(([rank, label], i) => {
    const method = block().methods.find((one) => one.label === label), y = top + row * i + 10;
    const reach = Math.min(rank + found.critical, highest);
    picture.append(svg("text", { class: "name", x: 182, y: y + 4, "text-anchor": "end" }, label.length > 26 ? `${label.slice(0, 25)}…` : label),
      svg("line", { x1: sx(rank), x2: sx(reach), y1: y, y2: y, style: { stroke: color(method), strokeWidth: 5, strokeOpacity: 0.35 } }),
      svg("circle", { cx: sx(rank), cy: y, r: 5, style: { fill: color(method) } }, svg("title", {}, `${label}: mean rank ${rank.toFixed(2)}`)));
  });
  const said = found.friedman < 0.05 ? "differ" : "cannot be told apart";
  at("ranks").replaceChildren(picture, el("p", { class: "small" },
    `The ${highest} methods with the best mean AUROC, ranked on ${block().sets.length} OOD sets (1 is the best). Over sets like these they ${said} (Friedman p = ${found.friedman.toPrecision(2)}); ` +
    "methods within each other's bar are not told apart (Nemenyi). That these methods were chosen by the same figures makes the test too sure."));
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
  for (let i = 0; i <= 4; i++) { const one = y0 + (i / 4) * (y1 - y0); picture.append(svg("line", { class: "axis", x1: 56, x2: width - 32, y1: sy(one), y2: sy(one) }), svg("text", { x: 50, y: sy(one) + 4, "text-anchor": "end" }, percent(one))); }
  picture.append(svg("path", { class: "guide", d: front.map((one, i) => `${i ? "L" : "M"}${sx(one.x)} ${sy(one.y)}`).join("") }),
    svg("text", { x: width / 2, y: height - 8, "text-anchor": "middle" }, "µs per image beyond the network's pass, log scale"));
  for (const { m, x, y } of all) {
    const text = `${m.label}\n${metric().title} ${percent(y)} %\n${quantity(x)} µs per image`;
    picture.append(svg("circle", { cx: sx(x), cy: sy(y), r: 5.5, tabindex: 0, role: "img", "aria-label": text, style: { fill: color(m) },
      onpointerenter: (event) => tip(text, event), onpointerleave: (event) => tip("", event), onfocus: (event) => tip(text, event), onblur: (event) => tip("", event) }));
  }
  const named = front.map((one) => `${one.m.label} (${quantity(one.x)} µs, ${percent(one.y)} %)`).join(", ");
  at("cost").replaceChildren(picture, el("p", { class: "small" }, `Mean ${metric().title} (%) over the OOD sets shown. Dotted: nothing is both cheaper and better: ${named}.`));
}
