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

function figure(method, place) {
  const cell = method.cells[place];
  return cell ? cell.figures[metric().key] : [null, null, null];
}

// The mean over the sets that are shown; none where one of them has no figure.
function mean(method) {
  const values = shownSets().map((set) => figure(method, set.place)[0]);
  return values.length && values.every((value) => value !== null) ? values.reduce((a, b) => a + b, 0) / values.length : null;
}

// What an AUROC gains over the best trivial baseline of each set, on average.
function gain(method) {
  const gains = shownSets().map((set) => {
    const value = method.cells[set.place] && method.cells[set.place].figures.auroc[0];
    return set.trivial === null || value === null ? null : value - set.trivial;
  });
  return gains.length && gains.every((one) => one !== null) ? gains.reduce((a, b) => a + b, 0) / gains.length : null;
}

function reset() {
  const methods = block().methods;
  state.drawn = new Set(methods.slice(0, MOST_DRAWN).map((method) => method.label));
  if (methods.some((method) => method.label === "msp")) state.drawn.add("msp");
  Object.assign(state, { group: "", sets: "", find: "", sort: null, set: 0 });
  at("find").value = "";
}
