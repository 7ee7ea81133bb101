// What stands around a map: its legend, its scale of colours, and buttons for those who do not use a mouse.
const SVG = "http://www.w3.org/2000/svg";
const SIGNS = {
  line: "M0 6H22", circle: "M11 1A5 5 0 1 1 11 11A5 5 0 1 1 11 1Z", diamond: "M11 0L17 6L11 12L5 6Z", square: "M6 1H16V11H6Z",
  triangle: "M11 1L17 11H5Z",
};

function sign(trace) {
  const drawing = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const marker = trace.marker || { symbol: "line", color: trace.line.color };
  const [shape, open] = String(marker.symbol || "circle").split("-up").join("").split("-");
  const colour = Array.isArray(marker.color) ? shadeOf(marker)(marker.cmin + 0.7 * (marker.cmax - marker.cmin)) : marker.color;
  const isLine = shape === "line";
  drawing.setAttribute("viewBox", "0 0 22 12");
  drawing.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SIGNS[shape] || SIGNS.circle);
  path.setAttribute("fill", isLine || open ? "none" : colour);
  path.setAttribute("stroke", isLine || open ? colour : "#555555");
  path.setAttribute("stroke-width", isLine ? Math.max(2, trace.line.width) : 1);
  drawing.append(path);
  return drawing;
}

Object.assign(DrawnMap.prototype, {
  addLegend() {
    const legend = element("div", "legend", this.target);
    this.traces.filter((trace) => trace.showlegend !== false && trace.visible !== false).forEach((trace) => {
      const button = element("button", "", legend);
      const tell = () => { button.setAttribute("aria-pressed", String(this.isShown(trace))); };
      button.type = "button";
      button.append(sign(trace), plain(trace.name));
      button.addEventListener("click", () => {
        trace.visible = this.isShown(trace) ? "legendonly" : true;
        tell();
        this.draw();
      });
      tell();
    });
  },
  addButtons() {
    const box = element("div", "zoom", this.target);
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", say("Arrow keys move the map"));
    const middle = () => [this.canvas.clientWidth / 2, this.height / 2];
    [["+", say("Nearer"), () => this.zoomBy(1.6, ...middle())], ["−", say("Farther"), () => this.zoomBy(1 / 1.6, ...middle())],
      ["⤢", say("Whole map"), () => this.whole()]].forEach(([text, words, act]) => {
      const button = element("button", "", box);
      button.type = "button";
      button.textContent = text;
      button.title = words;
      button.setAttribute("aria-label", words);
      button.addEventListener("click", act);
    });
    box.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (way === undefined) { return; }
      event.preventDefault();
      this.moveBy(way[0] * STEP_PX, way[1] * STEP_PX);
    });
  },
  // The scale of a marker: its title, a strip of its colours, and figures below.
  showScale(marker) {
    const bar = marker.colorbar || {};
    const steps = [0, 0.25, 0.5, 0.75, 1].map((share) => marker.cmin + share * (marker.cmax - marker.cmin));
    const values = bar.tickvals || steps;
    const texts = bar.ticktext || values.map((value) => Number(value.toPrecision(3)).toLocaleString(about.language));
    const title = document.createElement("div");
    title.textContent = (bar.title || { text: "" }).text;
    const strip = document.createElement("div");
    strip.className = "strip";
    const stops = marker.colorscale.map(([share, colour]) => colour + " " + 100 * share + "%");
    strip.style.background = "linear-gradient(to right, " + stops.join(", ") + ")";
    const ticks = document.createElement("div");
    ticks.className = "ticks";
    texts.forEach((text) => { element("span", "", ticks).textContent = text; });
    this.scale.replaceChildren(title, strip, ticks);
  },
});
