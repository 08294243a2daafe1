// Mean ranks with the critical difference: {labels, colors, ranks, critical, friedman}.
function rankPicture(found) {
  const width = 640, row = 22, left = 190, top = 46, highest = found.labels.length;
  const order = found.labels.map((label, i) => [found.ranks[i], label, found.colors[i]]).sort((a, b) => a[0] - b[0]);
  const sx = (rank) => left + ((rank - 1) / (highest - 1)) * (width - 20 - left);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${top + row * order.length + 10}`, role: "img", "aria-label": "Mean ranks with the critical difference" });
  for (let one = 1; one <= highest; one++) picture.append(svg("line", { class: "axis", x1: sx(one), x2: sx(one), y1: top - 8, y2: top + row * order.length }),
    svg("text", { x: sx(one), y: top - 14, "text-anchor": "middle" }, one));
  const end = Math.min(sx(1 + found.critical), width - 20);
  picture.append(svg("line", { class: "cursor", x1: sx(1), x2: end, y1: 12, y2: 12 }), svg("text", { x: sx(1) - 8, y: 16, "text-anchor": "end" }, `CD ${found.critical.toFixed(2)}`));
  order.forEach(([rank, label, shade], i) => {
    const y = top + row * i + 10, reach = Math.min(rank + found.critical, highest), paint = `var(--c${shade})`;
    picture.append(svg("text", { class: "name", x: left - 8, y: y + 4, "text-anchor": "end" }, label.length > 26 ? `${label.slice(0, 25)}…` : label),
      svg("line", { x1: sx(rank), x2: sx(reach), y1: y, y2: y, style: { stroke: paint, strokeWidth: 5, strokeOpacity: 0.35 } }),
      svg("circle", { cx: sx(rank), cy: y, r: 5, style: { fill: paint } }, svg("title", {}, `${label}: mean rank ${rank.toFixed(2)}`)));
  });
  return picture;
}

// `all` is how many methods there are to choose from.
function rankWords(found, all) {
  const said = found.friedman < 0.05 ? "differ" : "cannot be told apart";
  return `1 is the best. Over sets like these they ${said} (Friedman p = ${found.friedman.toPrecision(2)}); ` +
    "methods within each other's bar, the critical difference (CD), are not told apart (Nemenyi)." +
    (found.labels.length < all ? " That these methods were chosen by the same figures makes the test too sure." : "");
}
