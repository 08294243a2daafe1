// The comparison table: sorts by any column, shows one metric.
function columns() {
  const higher = metric().higher;
  const found = [
    { id: "method", title: "Method", value: (m) => m.label, text: true },
    { id: "group", title: "Looks at", value: (m) => m.group, text: true },
    { id: "mean", title: shownSets().length > 1 ? "Mean" : "", value: mean, higher, cell: meanCell },
    ...shownSets().map((set) => ({ id: `set${set.place}`, title: set.name, value: (m) => figure(m, set.place)[0], higher,
      cell: (m) => setCell(m, set.place) })),
    { id: "gain", title: "AUROC over trivial", value: gain, higher: true,
      cell: (m) => [gain(m) === null ? "–" : (gain(m) >= 0 ? "+" : "−") + percent(Math.abs(gain(m)))] },
    { id: "cost", title: "µs / image", value: (m) => m.cost, cell: (m) => [quantity(m.cost)] },
    { id: "fit", title: "Fit (s)", value: (m) => m.fit, cell: (m) => [quantity(m.fit)] },
  ];
  return found.filter((column) => column.title);
}
const quantity = (value) => value === null ? "–" : value >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(2)).toString();
const mark = (best) => best ? el("span", { class: "mark", title: "not significantly worse than the best" }, "● ") : null;
const range = (low, high) => state.intervals && low !== null && low !== undefined ? el("span", { class: "ci" }, `${percent(low)}–${percent(high)}`) : null;

function meanCell(method) {
  const all = shownSets().length === block().sets.length && metric().key === "auroc";
  const ends = method.mean.interval || [null, null];
  return [all ? mark(method.mean.best) : null, percent(mean(method)), all ? range(...ends) : null];
}
function setCell(method, place) {
  const [value, low, high] = figure(method, place), cell = method.cells[place];
  const weak = metric().key === "auroc" && cell && cell.weak ? el("span", { class: "mark", title: "not significantly above the best trivial baseline" }, "▽ ") : null;
  return [weak, cell && mark(cell.best.includes(metric().key)), percent(value), range(low, high)];
}

function sorted(methods, column) {
  const sign = state.down ? -1 : 1;
  return [...methods].sort((a, b) => {
    const x = column.value(a), y = column.value(b);
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (column.text ? x.localeCompare(y) : x - y);
  });
}

function drawTable(redraw) {
  const all = columns();
  const chosen = all.find((column) => column.id === state.sort);
  if (!chosen) state.down = metric().higher;
  const by = chosen || all.find((column) => column.id === (shownSets().length > 1 ? "mean" : `set${shownSets()[0].place}`));
  const rows = sorted(shownMethods(), by);
  const bests = new Map(all.filter((column) => column.cell).map((column) => {
    const values = rows.map(column.value).filter((value) => value !== null);
    return [column.id, column.higher ? Math.max(...values) : Math.min(...values)];
  }));
  const heads = all.map((column) => el("th", { scope: "col", class: column.cell ? "figure" : null,
    "aria-sort": column === by ? (state.down ? "descending" : "ascending") : "none" },
  el("button", { type: "button", "data-sort": column.id, onclick: () => {
    state.down = by.id === column.id ? !state.down : Boolean(column.higher);
    state.sort = column.id;
    redraw();
    at("table").querySelector(`[data-sort="${column.id}"]`).focus();
  } }, column.title + (column === by ? (state.down ? " ↓" : " ↑") : ""))));
  const body = rows.map((method) => el("tr", { title: method.parameters || null }, all.map((column) => {
    if (column.id === "method") return el("th", { scope: "row" }, el("label", {}, [tick(method, redraw), key(method), method.label]));
    const best = column.cell && column.value(method) !== null && column.value(method) === bests.get(column.id);
    return el("td", { class: column.cell ? `figure${best ? " best" : ""}` : null }, column.cell ? column.cell(method) : method.group);
  })));
  at("table").replaceChildren(el("thead", {}, el("tr", {}, heads)), el("tbody", {}, body));
  const tested = block().methods.some((method) => method.cells.some((cell) => cell && cell.best.includes(metric().key)));
  at("marks").textContent = `Bold: the best figure. ${tested ? "●: not significantly worse than the best on that set (paired tests, Holm)" : "Without resamples of this metric no ● marks what is not significantly worse"}. ` +
    (metric().key === "auroc" ? "▽: not significantly above the best trivial baseline on that set. AUROC over trivial: over the trivial baseline with the best mean. "
      : "Means have a ● for AUROC alone; AUROC over trivial: over the trivial baseline with the best mean. ") + "Tick a method to draw it below.";
  const arrow = metric().higher ? "higher is better" : "lower is better";
  at("meaning").textContent = `${metric().title} in percent, ${arrow}. ${metric().meaning} ${rows.length} of ${block().methods.length} methods.`;
}

function tick(method, redraw) {
  return el("input", { type: "checkbox", checked: state.drawn.has(method.label), "aria-label": `Draw ${method.label}`, onchange: (event) => {
    if (event.target.checked) state.drawn.add(method.label); else state.drawn.delete(method.label);
    redraw("figures");
  } });
}
