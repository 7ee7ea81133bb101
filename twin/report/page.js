"use strict";
// What all pages share: unpacking, drawing one chart after the other, phones, print, languages.
let charts = {};
const about = JSON.parse(document.getElementById("about-data").textContent);
const narrow = window.matchMedia("(max-width: 600px)").matches;
const PRINT_WIDTH = 700;
const FIRST_SIGN = 48;
const LEGEND_ROW_PX = 16;

function say(english) { return about.words[english] || english; }

function fill(text, values) { return text.replace(/\{(\w+)\}/g, (_, name) => values[name]); }

function place(name) { return document.getElementById("chart-" + name); }

async function unpacked(name) {
  const text = atob(document.getElementById("pack-" + name).textContent);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k += 1) { bytes[k] = text.charCodeAt(k); }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The arrays of a pack by name, and `rest`: the bytes of its texts.
async function arraysOf(name) {
  const bytes = await unpacked(name);
  let at = bytes.indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, at)));
  const found = {};
  at += 1;
  for (const [key, width, n] of head) {
    if (width === 1) {
      found[key] = bytes.subarray(at, at + n);
    } else {
      const values = width === 2 ? new Uint16Array(n) : new Uint32Array(n);
      for (let plane = width - 1; plane >= 0; plane -= 1) {
        const start = at + plane * n;
        for (let k = 0; k < n; k += 1) { values[k] = values[k] * 256 + bytes[start + k]; }
      }
      found[key] = values;
    }
    at += width * n;
  }
  found.rest = bytes.subarray(at);
  return found;
}

// A line each: the first sign tells how many signs are those of the line before.
function textsOf(bytes) {
  const lines = new TextDecoder().decode(bytes).split("\n");
  let before = "";
  return lines.map((line) => {
    before = before.slice(0, line.charCodeAt(0) - FIRST_SIGN) + line.slice(1);
    return before;
  });
}

function hourText(step, hours) {
  if (typeof step !== "string") { return say("hour") + " " + step; }
  const [day, time] = step.split(" ");
  const end = String((Number(time.slice(0, 2)) + hours - 1) % 24).padStart(2, "0") + ":59";
  return day + ", " + time + "–" + end;
}

const CHINESE = {
  moduleType: "locale",
  name: "zh-CN",
  dictionary: {},
  format: {
    days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    shortDays: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    shortMonths: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    date: "%Y-%m-%d",
  },
};

function isMap(name) { return (charts[name].config || {}).scrollZoom === true; }

function drawOne(name) {
  const chart = charts[name];
  if (narrow) {
    chart.layout.font.size = 11;
    chart.layout.dragmode = false;
    chart.layout.height += LEGEND_ROW_PX * Math.max(chart.data.length - 3, 0) * (chart.layout.showlegend !== false);
  }
  const config = {
    displaylogo: false, responsive: true, showSendToCloud: false, locale: about.language === "zh" ? "zh-CN" : "en-US",
    modeBarButtonsToRemove: ["sendChartToCloud", "lasso2d", "select2d"],
  };
  return Plotly.newPlot(place(name), chart.data, chart.layout, Object.assign(config, chart.config || {}));
}

function resting() { return new Promise((go) => { setTimeout(go, 0); }); }

async function loadLibrary() {
  const library = document.createElement("script");
  library.textContent = new TextDecoder().decode(await unpacked("plotly"));
  document.head.append(library);
  library.remove();
  Plotly.register(CHINESE);
}

// Maps first, for they need no library; then the other charts in the order of the page, one at a time, so that the page
// answers meanwhile. `then` is what follows a map.
async function drawAll(then) {
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("too-old").hidden = false;
    return;
  }
  charts = JSON.parse(new TextDecoder().decode(await unpacked("charts")));
  const order = Array.from(document.querySelectorAll(".chart"), (target) => target.id.slice("chart-".length));
  const drawn = order.filter((name) => charts[name]);
  for (const name of drawn.filter(isMap)) {
    drawMap(name);
    if (then[name]) { await then[name](); }
    document.documentElement.dataset.first = "yes";
    place(name).classList.add("drawn");
    await resting();
  }
  await loadLibrary();
  for (const name of drawn.filter((found) => !isMap(found))) {
    await resting();
    await drawOne(name);
    place(name).classList.add("drawn");
  }
  document.documentElement.dataset.drawn = "yes";
}

function eachDrawn(act) {
  document.querySelectorAll(".chart.js-plotly-plot").forEach((target) => act(target));
}

window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach((part) => { part.open = true; });
  eachDrawn((target) => Plotly.relayout(target, { width: PRINT_WIDTH, autosize: false }));
});
window.addEventListener("afterprint", () => {
  eachDrawn((target) => Plotly.relayout(target, { width: null, autosize: true }));
});
