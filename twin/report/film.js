// The film of the roads: it stands still until somebody plays it.
const FRAME_MS = 400;

async function beginFilm() {
  const told = about.film;
  const found = await arraysOf("film");
  const slider = document.getElementById("film-hour");
  const when = document.getElementById("film-when");
  const button = document.getElementById("film-play");
  const traces = charts.film.data;
  const nClasses = told.first_zone_trace;
  const nZones = found.charging.length / told.n_steps;
  const at = (axis, k, corner) => corner + told.unit * axis[k];
  let timer = null;

  function frame(step) {
    const x = Array.from({ length: nClasses }, () => []);
    const y = Array.from({ length: nClasses }, () => []);
    for (let road = 0; road < told.n_roads; road += 1) {
      const load = Math.max(found.load[road * told.n_steps + step], 1) - 1;
      x[load].push(at(found.x, 2 * road, told.corner[0]), at(found.x, 2 * road + 1, told.corner[0]), null);
      y[load].push(at(found.y, 2 * road, told.corner[1]), at(found.y, 2 * road + 1, told.corner[1]), null);
    }
    const colour = new Array(nZones);
    for (let zone = 0; zone < nZones; zone += 1) { colour[zone] = found.charging[zone * told.n_steps + step] / 2.5; }
    slider.value = step;
    const parts = [hourText(told.steps[step], told.step_h)];
    if (told.on_road.length) {
      parts.push(fill(say("{n} on the road"), { n: told.on_road[step].toLocaleString(about.language) }));
    }
    if (told.public_gw[step] !== null && told.public_gw[step] !== undefined) {
      parts.push(fill(say("{n} GW of public charging"), { n: told.public_gw[step] }));
    }
    when.textContent = parts.join("; ");
    slider.setAttribute("aria-valuetext", when.textContent);
    x.forEach((line, k) => { [traces[k].x, traces[k].y] = [line, y[k]]; });
    traces[nClasses].marker.color = colour;
    maps.film.draw();
  }
  function stop() {
    clearTimeout(timer);
    timer = null;
    button.setAttribute("aria-pressed", "false");
    button.textContent = say("Play");
  }
  function next() {
    const step = (Number(slider.value) + 1) % told.n_steps;
    frame(step);
    timer = setTimeout(next, FRAME_MS);
  }
  button.addEventListener("click", () => {
    if (timer !== null) { stop(); return; }
    button.setAttribute("aria-pressed", "true");
    button.textContent = say("Stop");
    timer = setTimeout(next, FRAME_MS);
  });
  slider.max = told.n_steps - 1;
  slider.addEventListener("input", () => { stop(); frame(Number(slider.value)); });
  const busiest = told.on_road.length ? told.on_road.indexOf(Math.max(...told.on_road)) : 0;
  frame(Math.max(busiest, 0));
  maps.film.whole();
}
