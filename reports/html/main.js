// Fills the controls and redraws what a change touches.
function options(id, pairs, chosen) {
  at(id).replaceChildren(...pairs.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
}

function drawFigures() {
  drawCurves(); drawHistograms(); drawRisk(); drawReliability();
}

function redraw(part) {
  at("reading").disabled = state.metric !== "fpr";
  at("log").disabled = state.curve !== "roc";
  if (part !== "figures") { drawTable(redraw); drawHeat(); drawCost(); }
  if (part !== "table") drawFigures();
}

function fillControls() {
  const groups = [...new Set(block().methods.map((method) => method.group))].sort();
  const setGroups = [...new Set(block().sets.map((set) => set.group).filter(Boolean))];
  options("block", DATA.blocks.map((one, place) => [String(place), one.title]), String(state.block));
  options("metric", [...DATA.metrics.filter((one) => !one.reading).map((one) => [one.key, one.title]), ["fpr", "FPR@95"]], state.metric);
  options("reading", FPR.map((one) => [one.key, one.reading]), state.reading);
  options("group", [["", "all groups"], ...groups.map((one) => [one, one])], state.group);
  options("sets", [["", "all"], ...setGroups.map((one) => [`group:${one}`, `group ${one}`]), ...block().sets.map((set, place) => [`set:${place}`, set.name])], state.sets);
  options("curve-set", block().sets.map((set, place) => [String(place), set.name]), String(state.set));
  options("curve", Object.entries(CURVES), state.curve);
}

function on(id, event, act, part) {
  at(id).addEventListener(event, () => { act(at(id)); redraw(part); });
}

on("block", "change", (node) => { state.block = Number(node.value); reset(); fillControls(); drawRanks(); });
on("metric", "change", (node) => { state.metric = node.value; state.sort = null; }, "table");
on("reading", "change", (node) => { state.reading = node.value; }, "table");
on("group", "change", (node) => { state.group = node.value; }, "table");
on("sets", "change", (node) => { state.sets = node.value; state.sort = null; }, "table");
on("find", "input", (node) => { state.find = node.value; }, "table");
on("intervals", "change", (node) => { state.intervals = node.checked; }, "table");
on("curve-set", "change", (node) => { state.set = Number(node.value); }, "figures");
on("curve", "change", (node) => { state.curve = node.value; }, "figures");
on("log", "change", (node) => { state.log = node.checked; }, "figures");
at("theme").addEventListener("click", switchTheme);
at("app").hidden = false;
reset();
fillControls();
drawRanks();
redraw();
