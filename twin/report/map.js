// The map: what its colour shows, and the hour of its waits.
const NO_SESSION = 255;
const FAINT = 0.12;

function traceNumbers() { return about.map.sizes.map((_, k) => about.map.first + k); }

function colourBy(mode, values, hover, shown) {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => mode.top * share);
  const told = traceNumbers().map((number) => charts.map.data[number]);
  told.forEach((trace, k) => {
    trace.marker.color = values[k];
    trace.marker.opacity = shown[k];
    trace.marker.cmax = mode.top;
    trace.hovertemplate = "%{text}<br>%{customdata[0]:,} " + say("EVSEs") + "<br>" + hover + "<extra></extra>";
  });
  told[0].marker.colorbar = {
    title: { text: mode.title }, tickvals: ticks, ticktext: ticks.map((tick, k) => (k === 4 ? tick + "+" : String(tick))),
  };
  maps.map.showScale(told[0].marker);
  maps.map.draw();
}

function waitsAt(codes, step) {
  const nSteps = about.map.steps.length;
  let dot = 0;
  const values = [];
  const shown = [];
  about.map.sizes.forEach((size) => {
    const colour = new Array(size);
    const opacity = new Array(size);
    for (let k = 0; k < size; k += 1, dot += 1) {
      const code = codes[dot * nSteps + step];
      colour[k] = code === NO_SESSION ? 0 : code / 2;
      opacity[k] = code === NO_SESSION ? FAINT : 1;
    }
    values.push(colour);
    shown.push(opacity);
  });
  return [values, shown];
}

async function beginMap() {
  const choice = document.getElementById("map-mode");
  about.map.modes.forEach((mode) => choice.add(new Option(mode.title, mode.name)));
  const slider = document.getElementById("map-hour");
  const when = document.getElementById("map-when");
  const frames = slider === null ? null : await arraysOf("frames");
  function showWhole() {
    const mode = about.map.modes[choice.selectedIndex];
    const shown = about.map.sizes.map((_, k) => charts.map.data[about.map.first + k].customdata
      .map(([, sessions]) => (sessions || mode.name !== "wait" ? 1 : FAINT)));
    colourBy(mode, mode.values, mode.hover, shown);
    if (slider !== null) {
      slider.value = -1;
      when.textContent = say("the whole run");
      slider.setAttribute("aria-valuetext", when.textContent);
    }
  }
  function showHour() {
    const step = Number(slider.value);
    if (step < 0) { showWhole(); return; }
    choice.selectedIndex = 0;
    const [values, shown] = waitsAt(frames.waits, step);
    const mode = about.map.modes[0];
    when.textContent = hourText(about.map.steps[step], about.map.step_h);
    slider.setAttribute("aria-valuetext", when.textContent);
    colourBy(mode, values, mode.hover, shown);
  }
  choice.addEventListener("change", showWhole);
  if (slider !== null) {
    slider.max = about.map.steps.length - 1;
    slider.setAttribute("aria-valuetext", when.textContent);
    slider.addEventListener("input", showHour);
  }
}
