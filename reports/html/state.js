// What is shown, and what follows from it.
const DATA = JSON.parse(at("data").textContent);
const FPR = DATA.metrics.filter((metric) => metric.reading);
const MOST_DRAWN = 8;
const state = { block: 0, metric: "auroc", reading: FPR[0].key, group: "", sets: "", find: "", sort: null, down: true,
  intervals: false, drawn: new Set(), set: 0, curve: "roc", log: false };

const block = () => DATA.blocks[state.block];
const metric = () => DATA.metrics.find((one) => one.key === (state.metric === "fpr" ? state.reading : state.metric));
const shownSets = () => block().sets.map((set, place) => ({ ...set, place })).filter((set) => {
  if (state.sets === "") return true;
  return state.sets.startsWith("group:") ? set.group === state.sets.slice(6) : set.place === Number(state.sets.slice(4));
});
const shownMethods = () => block().methods.filter((method) =>
  (!state.group || method.group === state.group) && method.label.toLowerCase().includes(state.find.toLowerCase()));
const drawnMethods = () => block().methods.filter((method) => state.drawn.has(method.label));

function figure(method, place, key = metric().key) {
  const cell = method.cells[place];
  return cell ? cell.figures[key] : [null, null, null];
}

// The mean of a metric over the sets that are shown; none where one of them has no figure.
function meanOf(method, key) {
  const values = shownSets().map((set) => figure(method, set.place, key)[0]);
  return values.length && values.every((value) => value !== null) ? values.reduce((a, b) => a + b, 0) / values.length : null;
}
const mean = (method) => meanOf(method, metric().key);

// What a mean AUROC gains over that of the trivial baseline with the best mean, as the answer above the table says it.
function gain(method) {
  const own = meanOf(method, "auroc");
  const trivial = block().methods.filter((one) => one.group === DATA.trivial).map((one) => meanOf(one, "auroc")).filter((one) => one !== null);
  return own === null || !trivial.length ? null : own - Math.max(...trivial);
}

function reset() {
  const methods = block().methods;
  state.drawn = new Set(methods.slice(0, MOST_DRAWN).map((method) => method.label));
  if (methods.some((method) => method.label === "msp")) state.drawn.add("msp");
  Object.assign(state, { group: "", sets: "", find: "", sort: null, set: 0 });
  at("find").value = "";
}
