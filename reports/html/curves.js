// ROC and precision-recall curves, risk and coverage, reliability.
const CURVES = { roc: "ROC (ID positive)", in: "Precision-recall, ID positive", out: "Precision-recall, OOD positive" };
const sums = (steps) => { let total = 0; return steps.map((step) => (total += step)); };

function points(cell, n, m) {
  const tp = sums(cell.roc[0]), fp = sums(cell.roc[1]);
  if (state.curve === "roc") return [fp.map((one) => one / m), tp.map((one) => one / n)];
  if (state.curve === "in") {
    const kept = tp.map((one, i) => i).filter((i) => tp[i] + fp[i] > 0);
    return [kept.map((i) => tp[i] / n), kept.map((i) => tp[i] / (tp[i] + fp[i]))];
  }
  const kept = tp.map((one, i) => i).filter((i) => n - tp[i] + m - fp[i] > 0).reverse();
  return [kept.map((i) => (m - fp[i]) / m), kept.map((i) => (m - fp[i]) / (n - tp[i] + m - fp[i]))];
}

function drawCurves() {
  const set = block().sets[state.set], log = state.log && state.curve === "roc";
  const quality = { roc: "auroc", in: "aupr_in", out: "aupr_out" }[state.curve];
  const lowest = 10 ** Math.floor(-Math.log10(set.n));
  const lines = drawnMethods().filter((method) => method.cells[state.set]).map((method) => {
    const cell = method.cells[state.set], [x, y] = points(cell, block().n, set.n);
    return { method, x, y, sort: cell.figures[quality][0], value: percent(cell.figures[quality][0]) };
  }).sort((a, b) => b.sort - a.sort);
  const names = { roc: ["False-positive rate: OOD called ID (%)", "True-positive rate: ID called ID (%)", "FPR", "TPR"],
    in: ["Recall: ID called ID (%)", "Precision (%)", "recall", "Precision"], out: ["Recall: OOD called OOD (%)", "Precision (%)", "recall", "Precision"] }[state.curve];
  const decades = []; for (let one = lowest; one <= 1.0001; one *= 10) decades.push(one);
  const chance = log ? Array.from({ length: 60 }, (_, i) => lowest ** (1 - i / 59)) : [0, 1];
  lineChart(at("curves"), lines, { log, xRange: [log ? lowest : 0, 1], yRange: [0, 1], xTicks: ticks(log ? decades : LINEAR), yTicks: ticks(LINEAR),
    x: names[0], y: names[1], xShort: names[2], yShort: names[3], rest: `${state.curve === "roc" ? "AUROC" : "AUPR"} on ${set.name} (%)`,
    guides: state.curve === "roc" ? [[chance, chance], [[log ? lowest : 0, 1], [0.95, 0.95]]] : [] });
}

function drawRisk() {
  const lines = drawnMethods().filter((method) => method.risk).map((method) => ({ method, x: method.risk[0], y: method.risk[1], sort: method.aurc, value: percent(method.aurc, 2) }))
    .sort((a, b) => a.sort - b.sort);
  at("risk-section").hidden = !lines.length;
  if (!lines.length) return;
  // With few images accepted the risk jumps; what is beyond the top is cut off.
  const top = Math.max(0.001, ...lines.flatMap((line) => line.y.filter((one, i) => line.x[i] >= 0.05))) * 1.05;
  lineChart(at("risk"), lines.map((line) => ({ ...line, y: line.y.map((one) => Math.min(one, top)) })), { xRange: [0, 1], yRange: [0, top], xTicks: ticks(LINEAR),
    yTicks: ticks(roundTicks(0, top)), x: "Coverage: share of images accepted, the surest first (%)", y: "Risk: errors among the accepted (%)",
    xShort: "coverage", yShort: "Risk", rest: "AURC, the mean risk over coverages (%)" });
}

function drawReliability() {
  const lines = drawnMethods().filter((method) => method.reliability).map((method) => ({ method, x: method.reliability[0], y: method.reliability[1], value: "" }));
  at("reliability-section").hidden = !lines.length;
  if (lines.length) lineChart(at("reliability"), lines, { xRange: [0, 1], yRange: [0, 1], xTicks: ticks(LINEAR), yTicks: ticks(LINEAR),
    x: "Mean score of a bin (%)", y: "Right predictions in the bin (%)", xShort: "score", yShort: "Right", rest: "", guides: [[[0, 1], [0, 1]]] });
}
