// The leaderboard: one table for each board, sorted and filtered, and ranks.
const DATA = JSON.parse(at("data").textContent);
const FPR = DATA.metrics.filter((metric) => metric.reading);
const state = { board: 0, metric: "auroc", reading: FPR[0].key, group: "", network: "", run: "", find: "", sort: null, down: true, intervals: false, ranks: 0 };
const board = () => DATA.boards[state.board];
const metric = () => DATA.metrics.find((one) => one.key === (state.metric === "fpr" ? state.reading : state.metric));
const figures = (line, place) => (line.cells[place] ? line.cells[place].figures[metric().key] : [null, null, null, null]);
const quantity = (value) => value === null ? "–" : value >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(2)).toString();
const shown = () => board().lines.filter((line) => (!state.group || line.group === state.group) && (!state.network || line.network === state.network) &&
  (!state.run || line.run === state.run) && line.method.toLowerCase().includes(state.find.toLowerCase()));

// Over all sets of the board; none where a set has no figure.
function mean(line) {
  const values = board().sets.map((_, place) => figures(line, place)[0]);
  return values.every((value) => value !== null) ? values.reduce((a, b) => a + b, 0) / values.length : null;
}

function columns() {
  const higher = metric().higher, names = board().sets.map((set) => set.name);
  const text = (id, title, value) => ({ id, title, value, text: true });
  return [
    text("method", "Method", (line) => line.method),
    ...board().details.map((name, place) => text(`detail${place}`, name[0].toUpperCase() + name.slice(1), (line) => line.details[place])),
    text("network", "Network", (line) => line.network),
    text("run", "Run", (line) => line.run),
    ...(board().lines.some((line) => line.seeds > 1) ? [{ id: "seeds", title: "Seeds", value: (line) => line.seeds, higher: true, cell: (line) => [line.seeds] }] : []),
    ...(board().sets.length > 1 ? [{ id: "mean", title: "Mean", value: mean, higher, rated: true, cell: (line) => [percent(mean(line))] }] : []),
    ...board().sets.map((set, place) => ({ id: `set${place}`, title: names.filter((one) => one === set.name).length > 1 ? `${set.name} (${set.images})` : set.name,
      value: (line) => figures(line, place)[0], higher, rated: true, cell: (line) => setCell(line, place) })),
    { id: "accuracy", title: "ID accuracy", value: (line) => line.accuracy, higher: true, cell: (line) => [percent(line.accuracy)] },
    { id: "cost", title: "µs / image", value: (line) => line.cost, cell: (line) => [quantity(line.cost)] },
  ];
}

function setCell(line, place) {
  const [value, spread, low, high] = figures(line, place), cell = line.cells[place];
  const mark = cell && cell.best && metric().key === "auroc" ? el("span", { class: "mark", title: "not significantly below the best" }, "● ") : null;
  const range = state.intervals && low !== null && low !== undefined ? el("span", { class: "ci" }, `${percent(low)}–${percent(high)}`) : null;
  return [mark, percent(value) + (spread === null ? "" : ` ± ${percent(spread)}`), range];
}

function sorted(lines, column) {
  const sign = state.down ? -1 : 1;
  return [...lines].sort((a, b) => {
    const x = column.value(a), y = column.value(b);
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (column.text ? x.localeCompare(y) : x - y);
  });
}

// What is sorted by where nothing was chosen: the mean, unless no line has been measured on all sets.
function usual(all, lines) {
  const by = all.find((column) => column.id === "mean");
  return by && lines.some((line) => mean(line) !== null) ? by : all.find((column) => column.id === "set0");
}

function headOf(column, by) {
  const arrow = column.id === by.id ? (state.down ? " ↓" : " ↑") : "";
  const turn = () => {
    state.down = by.id === column.id ? !state.down : Boolean(column.higher);
    state.sort = column.id;
    drawTable();
    at("table").querySelector(`[data-sort="${column.id}"]`).focus();
  };
  return el("th", { scope: "col", class: column.text ? null : "figure", "aria-sort": arrow ? (state.down ? "descending" : "ascending") : "none" },
    el("button", { type: "button", "data-sort": column.id, onclick: turn }, column.title + arrow));
}

function cellOf(column, line, bests) {
  if (column.id === "method") return el("th", { scope: "row" }, [key(line), " ", line.method]);
  if (column.id === "run") return el("td", {}, DATA.reports[line.run] ? el("a", { href: DATA.reports[line.run] }, line.run) : line.run);
  if (column.text) return el("td", {}, column.value(line));
  const best = column.rated && column.value(line) !== null && column.value(line) === bests.get(column.id);
  return el("td", { class: `figure${best ? " best" : ""}` }, column.cell(line));
}

function drawTable() {
  const all = columns(), lines = shown(), chosen = all.find((column) => column.id === state.sort);
  if (!chosen) state.down = metric().higher;
  const by = chosen || usual(all, lines);
  const bests = new Map(all.filter((column) => column.rated).map((column) => {
    const values = lines.map(column.value).filter((value) => value !== null);
    return [column.id, column.higher ? Math.max(...values) : Math.min(...values)];
  }));
  const body = sorted(lines, by).map((line) => el("tr", {}, all.map((column) => cellOf(column, line, bests))));
  at("table").replaceChildren(el("thead", {}, el("tr", {}, all.map((column) => headOf(column, by)))), el("tbody", {}, body));
  const arrow = metric().higher ? "higher is better" : "lower is better";
  at("board-title").textContent = board().title;
  at("meaning").textContent = `${metric().title} in percent, ${arrow}. ${metric().meaning} ${lines.length} of ${board().lines.length} lines.`;
  at("reading").disabled = state.metric !== "fpr";
  for (const note of document.querySelectorAll(".board-notes")) note.hidden = Number(note.dataset.board) !== state.board;
}

function drawRanks() {
  at("ranks-section").hidden = !DATA.ranks.length;
  if (!DATA.ranks.length) return;
  const found = DATA.ranks[state.ranks], left = found.all - found.complete;
  const best = found.labels.length < found.complete ? `${found.labels.length} methods with the best mean AUROC of the ` : "";
  const said = `The ${best}${found.complete} methods that were measured on all ${found.pairs} pairs` +
    (found.networks > 1 ? `, each with ${found.networks} networks` : "") + (left ? `; ${left} others were not measured on all` : "");
  at("ranks").replaceChildren(rankPicture(found), el("p", { class: "small" }, `${said}. ${rankWords(found, found.complete)}`));
}

function options(id, pairs, chosen) {
  at(id).replaceChildren(...pairs.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
}
const each = (name) => [...new Set(board().lines.map((line) => line[name]))].sort().map((one) => [one, one]);

function fillControls() {
  options("board", DATA.boards.map((one, place) => [String(place), one.title]), String(state.board));
  options("metric", [...DATA.metrics.filter((one) => !one.reading).map((one) => [one.key, one.title]), ["fpr", "FPR@95"]], state.metric);
  options("reading", FPR.map((one) => [one.key, one.reading]), state.reading);
  for (const name of ["group", "network", "run"]) options(name, [["", "all"], ...each(name)], state[name]);
  options("ranks-of", DATA.ranks.map((one, place) => [String(place), one.title]), String(state.ranks));
}

function on(id, event, act) {
  at(id).addEventListener(event, () => { act(at(id)); drawTable(); });
}
on("board", "change", (node) => { Object.assign(state, { board: Number(node.value), sort: null, group: "", network: "", run: "", find: "" }); at("find").value = ""; fillControls(); });
on("metric", "change", (node) => { state.metric = node.value; state.sort = null; });
for (const name of ["reading", "group", "network", "run"]) on(name, "change", (node) => { state[name] = node.value; });
on("find", "input", (node) => { state.find = node.value; });
on("intervals", "change", (node) => { state.intervals = node.checked; });
at("ranks-of").addEventListener("change", () => { state.ranks = Number(at("ranks-of").value); drawRanks(); });
at("theme").addEventListener("click", switchTheme);
at("app").hidden = false;
fillControls();
drawTable();
drawRanks();
