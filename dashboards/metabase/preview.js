// Draws cards by the settings that Metabase is sent, with the rules of its own charts.
const { echarts } = window;
const COLOURS = [
  "#509EE3",
  "#88BF4D",
  "#A989C5",
  "#EF8C8C",
  "#F9D45C",
  "#F2A86F",
  "#98D9D9",
  "#7172AD",
];
const UNITS = { day: 1, week: 7 };

const settingsOf = (card, column) => card.settings.column_settings[`["name","${column}"]`] || {};

function shown(card, column, value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number")
    return String(value).replace(/^(\d{4}-\d\d-\d\d)T([\d:]+).*/, "$1 $2");
  const format = settingsOf(card, column);
  const decimals = format.decimals;
  if (format.number_style === "percent") return `${(100 * value).toFixed(decimals)}%`;
  const style = format.number_style === "currency" ? { style: "currency", currency: "USD" } : {};
  const most = decimals ?? 2;
  const text = value.toLocaleString("en", { maximumFractionDigits: most, ...style });
  return text + (format.suffix || "");
}

const element = (parent, name, kind, text = "") => {
  const made = parent.appendChild(document.createElement(name));
  made.className = kind;
  made.textContent = text;
  return made;
};

function drawTable(card, box) {
  const hidden = (card.settings["table.columns"] || [])
    .filter((one) => !one.enabled)
    .map((one) => one.name);
  const places = card.columns
    .map((_, place) => place)
    .filter((place) => !hidden.includes(card.columns[place]));
  const shade = (card.settings["table.column_formatting"] || [])[0];
  const most = shade
    ? Math.max(...card.rows.flat().filter((value) => typeof value === "number"))
    : 1;
  const table = element(box, "table", "");
  const head = element(table, "tr", "");
  for (const place of places) {
    element(head, "th", "", settingsOf(card, card.columns[place]).column_title);
  }
  for (const row of card.rows) {
    const line = element(table, "tr", "");
    for (const place of places) {
      const column = card.columns[place];
      const cell = element(line, "td", "", shown(card, column, row[place]));
      if (settingsOf(card, column).view_as === "link") cell.className = "link";
      if (shade?.columns.includes(column)) {
        cell.style.background = `rgb(80 158 227 / ${row[place] / most})`;
      }
    }
  }
}

// The series of a chart: one for each metric, or one for each value of the second dimension.
function seriesOf(card) {
  const [x, by] = card.settings["graph.dimensions"];
  const metrics = card.settings["graph.metrics"];
  const at = (column) => card.columns.indexOf(column);
  if (!by) {
    return metrics.map((metric) => ({
      metric,
      name: metric,
      values: new Map(card.rows.map((row) => [row[at(x)], row[at(metric)]])),
    }));
  }
  const names = [...new Set(card.rows.map((row) => row[at(by)]))];
  return names.map((name) => ({
    metric: metrics[0],
    name: String(name),
    values: new Map(
      card.rows
        .filter((row) => row[at(by)] === name)
        .map((row) => [row[at(x)], row[at(metrics[0])]]),
    ),
  }));
}

// Every day, week or month from the first to the last: an axis of time has no holes.
function steps(card, found) {
  const unit = card.settings["graph.dimensions"][0];
  if (!(unit in UNITS) && unit !== "month") return found;
  const sorted = [...found].sort();
  const all = [];
  const date = new Date(sorted[0]);
  while (date <= new Date(sorted.at(-1))) {
    const key = date.toISOString().slice(0, 10);
    all.push(sorted.find((one) => one.startsWith(key)) || key);
    if (unit === "month") date.setUTCMonth(date.getUTCMonth() + 1);
    else date.setUTCDate(date.getUTCDate() + UNITS[unit]);
  }
  return all;
}

// Metabase gives a series an axis of its own where its span is a twentieth of the chart's or less.
function isSplit(card, series) {
  if (card.settings["graph.y_axis.auto_split"] === false || series.length < 2) return false;
  if (card.settings["stackable.stack_type"]) return false;
  const spans = series.map(({ values }) => [...values.values()].filter((value) => value !== null));
  const all = spans.flat();
  const range = Math.max(...all) - Math.min(...all);
  return spans.some((span) => (Math.max(...span) - Math.min(...span)) / range <= 0.05);
}

function drawn(card, series, xs, place, split) {
  const own = card.settings.series_settings?.[series.name] || {};
  const kind = own.display || (card.display === "row" ? "bar" : card.display);
  const missing = own["line.missing"] || card.settings["line.missing"] || "interpolate";
  const value = (x) => series.values.get(x) ?? (missing === "zero" ? 0 : null);
  return {
    type: kind === "area" ? "line" : kind,
    name: own.title || series.name,
    data: xs.map(value),
    connectNulls: missing === "interpolate",
    areaStyle: kind === "area" ? {} : undefined,
    stack: card.settings["stackable.stack_type"] ? "all" : undefined,
    showSymbol: true,
    symbolSize: 5,
    [card.display === "row" ? "xAxisIndex" : "yAxisIndex"]: split && place ? 1 : 0,
  };
}

function drawGraph(card, box) {
  const found = seriesOf(card);
  const isRow = card.display === "row";
  let xs = steps(card, [...new Set(found.flatMap(({ values }) => [...values.keys()]))]);
  if (isRow) xs = xs.reverse();
  const split = !isRow && isSplit(card, found);
  const names = {
    type: "category",
    data: xs.map((x) =>
      String(x)
        .replace(/T00:00:00$/, "")
        .slice(0, 24),
    ),
  };
  const numbers = (split ? found.slice(0, 2) : found.slice(0, 1)).map(({ metric }) => ({
    type: "value",
    axisLabel: { formatter: (value) => shown(card, metric, value) },
  }));
  echarts.init(box).setOption({
    animation: false,
    color: COLOURS,
    legend: { show: found.length > 1, type: "scroll", top: 0, textStyle: { fontSize: 11 } },
    grid: { left: 8, right: 16, top: found.length > 1 ? 28 : 10, bottom: 4, containLabel: true },
    xAxis: isRow ? numbers : names,
    yAxis: isRow ? names : numbers,
    series: found.map((one, place) => drawn(card, one, xs, place, split)),
  });
}

function drawPie(card, box) {
  const at = (name) => card.columns.indexOf(card.settings[name]);
  const data = card.rows.map((row) => ({
    name: row[at("pie.dimension")],
    value: row[at("pie.metric")],
  }));
  const total = data.reduce((sum, one) => sum + one.value, 0);
  const share = (name) =>
    `${name}  ${((100 * data.find((one) => one.name === name).value) / total).toFixed(1)}%`;
  const legend = { orient: "vertical", right: 0, top: "middle", formatter: share };
  const pie = {
    type: "pie",
    radius: ["36%", "64%"],
    center: ["32%", "50%"],
    label: { show: false },
    data,
  };
  echarts.init(box).setOption({ animation: false, color: COLOURS, legend, series: [pie] });
}

function drawNumber(card, box) {
  element(box, "div", "number", shown(card, card.columns[0], card.rows[0][0]));
  box.style.display = "flex";
}

const DRAW = { scalar: drawNumber, table: drawTable, pie: drawPie };

for (const board of JSON.parse(
  new TextDecoder().decode(
    Uint8Array.from(atob(document.getElementById("data").textContent), (c) => c.charCodeAt(0)),
  ),
)) {
  const section = element(document.body, "section", "");
  section.id = board.key;
  element(section, "h1", "", board.name);
  const grid = element(section, "div", "grid");
  for (const card of board.cards) {
    const box = element(grid, "div", "card");
    box.style.gridArea = `${card.row + 1} / ${card.col + 1} / span ${card.size_y} / span ${card.size_x}`;
    element(box, "b", "", card.name);
    const place = element(box, "div", card.display === "table" ? "chart scroll" : "chart");
    if (card.rows.length) (DRAW[card.display] || drawGraph)(card, place);
  }
}
