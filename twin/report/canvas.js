// Maps, drawn on a plain canvas from the same descriptions as the other charts: at once, and without a graphics card.
const NEAREST_PX = 7;
const STEP_PX = 60;
const MOST_ZOOM = 400;
const SHADES = 100;
const WHEEL = 0.0015;
const maps = {};
const scales = new Map();

function element(kind, name, into) {
  const made = document.createElement(kind);
  if (name) { made.className = name; }
  into.append(made);
  return made;
}

// A text that was escaped for charts, as plain text.
function plain(text) { return new DOMParser().parseFromString(text, "text/html").documentElement.textContent; }

// The colour of a value: `SHADES` steps between the stops of the scale.
function shadeOf(marker) {
  const key = JSON.stringify(marker.colorscale);
  if (!scales.has(key)) {
    const parts = (colour) => [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
    const stops = marker.colorscale.map(([share, colour]) => [share, parts(colour)]);
    scales.set(key, Array.from({ length: SHADES + 1 }, (_, n) => {
      const share = n / SHADES;
      const k = Math.max(stops.findIndex(([end]) => end >= share), 1);
      const [[low, from], [high, to]] = [stops[k - 1], stops[k]];
      const way = (share - low) / (high - low);
      return "rgb(" + from.map((part, c) => Math.round(part + way * (to[c] - part))).join(",") + ")";
    }));
  }
  const shades = scales.get(key);
  const span = marker.cmax - marker.cmin || 1;
  return (value) => shades[Math.round(SHADES * Math.min(Math.max((value - marker.cmin) / span, 0), 1))];
}

function formatted(value, how) {
  if (typeof value !== "number") { return plain(String(value)); }
  const digits = how && how.match(/\.(\d)f/);
  const least = digits ? Number(digits[1]) : 0;
  const text = value.toLocaleString(about.language, {
    useGrouping: true, minimumFractionDigits: least, maximumFractionDigits: digits ? least : 3,
  });
  return (how && how.startsWith("+") && value >= 0 ? "+" : "") + text;
}

// What a dot says, line by line, from the trace's template.
function linesOf(trace, k) {
  return trace.hovertemplate.replace(/<extra>.*<\/extra>/, "").split("<br>").map((line) => (
    line.replace(/%\{([\w.[\]]+)(?::([^}]+))?\}/g, (_, path, how) => {
      let at = trace, isOne = false;
      for (const key of path.match(/\w+/g)) {
        at = at[key];
        if (Array.isArray(at) && !isOne) { at = at[k]; isOne = true; }
      }
      return formatted(at, how);
    })));
}

class DrawnMap {
  constructor(target, chart) {
    this.target = target;
    this.traces = chart.data;
    this.height = narrow ? Math.min(chart.layout.height, 460) : chart.layout.height;
    this.shrink = narrow ? 0.6 : 1;
    this.picked = () => {};
    target.classList.add("map");
    if (chart.layout.showlegend !== false) { this.addLegend(); }
    this.canvas = element("canvas", "", target);
    this.canvas.style.height = this.height + "px";
    this.scale = element("div", "scale", target);
    this.addButtons();
    this.tip = element("div", "tip", target);
    this.tip.hidden = true;
    const scaled = this.traces.find((trace) => trace.marker && trace.marker.showscale !== false && trace.marker.colorscale);
    if (scaled) { this.showScale(scaled.marker); }
    this.listen();
    this.whole();
    this.paint();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  // The view: what lies in the middle, and how many times the whole fits into the window.
  whole() {
    const known = this.traces.filter((trace) => trace.visible !== false);
    this.all = this.boxOf(known.map((trace) => trace.x), known.map((trace) => trace.y));
    this.fit(this.all);
  }
  boxOf(xs, ys) {
    const range = (lists) => lists.reduce((found, list) => list.reduce(([low, high], value) => (
      value === null ? [low, high] : [Math.min(low, value), Math.max(high, value)]), found), [Infinity, -Infinity]);
    const [x, y] = [range(xs), range(ys)];
    return Number.isFinite(x[0]) ? { x: x, y: y } : { x: [0, 1], y: [0, 1] };
  }
  fit(box) {
    this.at = [(box.x[0] + box.x[1]) / 2, (box.y[0] + box.y[1]) / 2];
    this.zoom = 1;
    this.zoom = Math.min(this.unit(box) / this.unit(this.all), MOST_ZOOM);
    this.draw();
  }
  unit(box) {
    const width = this.canvas.clientWidth || 600;
    const span = (range) => Math.max(range[1] - range[0], 1e-6);
    return 0.95 * Math.min(width / span(box.x), this.height / span(box.y));
  }
  pixels() {
    const perKm = this.unit(this.all) * this.zoom;
    const [x0, y0] = [this.canvas.clientWidth / 2 - this.at[0] * perKm, this.height / 2 + this.at[1] * perKm];
    return { perKm: perKm, x: (x) => x0 + x * perKm, y: (y) => y0 - y * perKm };
  }
  zoomBy(factor, px, py) {
    const before = this.pixels().perKm;
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), MOST_ZOOM);
    const keep = 1 / before - 1 / this.pixels().perKm;
    this.at[0] += (px - this.canvas.clientWidth / 2) * keep;
    this.at[1] -= (py - this.height / 2) * keep;
    this.draw();
  }
  moveBy(dx, dy) {
    const perKm = this.pixels().perKm;
    this.at = [this.at[0] - dx / perKm, this.at[1] + dy / perKm];
    this.draw();
  }

  draw() {
    if (this.isDue || !this.canvas) { return; }
    this.isDue = true;
    requestAnimationFrame(() => { this.isDue = false; this.paint(); });
  }
  paint() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(this.canvas.clientWidth * ratio), Math.round(this.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    // Thousands of small shapes are sooner drawn by the processor than handed to a graphics card, or to what stands in for one.
    const ink = this.canvas.getContext("2d", { willReadFrequently: true });
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.clearRect(0, 0, width, height);
    // Fingers scroll the page over a whole map, and move a map that is drawn nearer.
    this.canvas.style.touchAction = this.zoom > 1 ? "none" : "pan-x pan-y";
    const pixels = this.pixels();
    this.traces.filter((trace) => this.isShown(trace)).forEach((trace) => (
      trace.mode === "lines" ? this.paintLines(ink, trace, pixels) : this.paintDots(ink, trace, pixels)));
    ink.globalAlpha = 1;
  }
  isShown(trace) { return trace.visible === undefined || trace.visible === true; }
  paintLines(ink, trace, pixels) {
    ink.globalAlpha = 1;
    ink.strokeStyle = trace.line.color;
    ink.lineWidth = trace.line.width;
    ink.beginPath();
    let isDown = false;
    trace.x.forEach((x, k) => {
      if (x === null) { isDown = false; return; }
      if (isDown) { ink.lineTo(pixels.x(x), pixels.y(trace.y[k])); } else { ink.moveTo(pixels.x(x), pixels.y(trace.y[k])); }
      isDown = true;
    });
    ink.stroke();
  }
  radius(marker, k) { return this.shrink * (Array.isArray(marker.size) ? marker.size[k] : marker.size) / 2; }
  paintDots(ink, trace, pixels) {
    const marker = trace.marker;
    const isOpen = String(marker.symbol).endsWith("-open");
    const shade = Array.isArray(marker.color) ? shadeOf(marker) : null;
    const edge = marker.line || { width: isOpen ? 1.5 : 0 };
    const [width, height] = [this.canvas.clientWidth, this.height];
    ink.lineWidth = edge.width;
    ink.strokeStyle = isOpen ? marker.color : edge.color;
    for (let k = 0; k < trace.x.length; k += 1) {
      const [x, y, r] = [pixels.x(trace.x[k]), pixels.y(trace.y[k]), this.radius(marker, k)];
      if (x < -r || y < -r || x > width + r || y > height + r) { continue; }
      ink.globalAlpha = Array.isArray(marker.opacity) ? marker.opacity[k] : marker.opacity === undefined ? 1 : marker.opacity;
      ink.beginPath();
      if (marker.symbol === "diamond") {
        const d = 1.3 * r;
        ink.moveTo(x, y - d); ink.lineTo(x + d, y); ink.lineTo(x, y + d); ink.lineTo(x - d, y); ink.closePath();
      } else if (marker.symbol === "square") {
        ink.rect(x - r, y - r, 2 * r, 2 * r);
      } else if (String(marker.symbol).startsWith("triangle")) {
        ink.moveTo(x, y - 1.2 * r); ink.lineTo(x + 1.1 * r, y + 0.7 * r); ink.lineTo(x - 1.1 * r, y + 0.7 * r); ink.closePath();
      } else {
        ink.arc(x, y, r, 0, 2 * Math.PI);
      }
      if (!isOpen) {
        ink.fillStyle = shade ? shade(marker.color[k]) : marker.color;
        ink.fill();
      }
      if (edge.width) { ink.stroke(); }
    }
  }

  // The dot that a pointer means: the nearest within reach, those on top first.
  under(px, py) {
    const pixels = this.pixels();
    let best = null, least = Infinity;
    this.traces.forEach((trace) => {
      if (trace.mode !== "markers" || !this.isShown(trace)) { return; }
      for (let k = 0; k < trace.x.length; k += 1) {
        const away = Math.hypot(pixels.x(trace.x[k]) - px, pixels.y(trace.y[k]) - py);
        if (away <= Math.max(this.radius(trace.marker, k), NEAREST_PX) && away <= least) { [best, least] = [[trace, k], away]; }
      }
    });
    return best;
  }
  showTip(found, px, py) {
    this.tip.hidden = found === null;
    if (found === null) { return; }
    this.tip.replaceChildren(...linesOf(...found).map((line) => {
      const made = document.createElement("div");
      made.textContent = line;
      return made;
    }));
    const room = this.canvas.clientWidth - this.tip.offsetWidth - 4;
    this.tip.style.left = Math.max(Math.min(px + 12, room), 4) + "px";
    this.tip.style.top = this.canvas.offsetTop + Math.max(py - this.tip.offsetHeight - 10, 0) + "px";
  }
  listen() {
    let from = null, way = 0;
    const where = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      [from, way] = [where(event), 0];
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      const [px, py] = where(event);
      if (from === null) { this.showTip(this.under(px, py), px, py); return; }
      const [dx, dy] = [px - from[0], py - from[1]];
      [from, way] = [[px, py], way + Math.abs(dx) + Math.abs(dy)];
      this.tip.hidden = true;
      this.moveBy(dx, dy);
    });
    this.canvas.addEventListener("pointerup", (event) => {
      from = null;
      const [px, py] = where(event);
      const found = way < 5 ? this.under(px, py) : null;
      this.showTip(found, px, py);
      if (found !== null) { this.picked(...found); }
    });
    this.canvas.addEventListener("pointercancel", () => { from = null; });
    this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomBy(Math.exp(-WHEEL * event.deltaY), ...where(event));
    }, { passive: false });
  }
}

function drawMap(name) {
  const target = place(name);
  maps[name] = new DrawnMap(target, charts[name]);
  target.data = charts[name].data;
}
