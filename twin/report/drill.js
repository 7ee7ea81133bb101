// From province to prefecture to station: a table that opens at a click, a search, and the map that follows.
const PAGE_ROWS = 50;
const MOST_FOUND = 50;

async function beginDrill() {
  const told = about.drill;
  const rows = await arraysOf("stations");
  const table = document.getElementById("find-table");
  const path = document.getElementById("find-path");
  const told_line = document.getElementById("find-told");
  const more = document.getElementById("find-more");
  const search = document.getElementById("find-text");
  let names = null;
  let sort = { column: 4, up: false };
  let shown = PAGE_ROWS;
  let here = { province: null, zone: null, text: "" };

  function nameOf(k) {
    if (names === null) { names = textsOf(rows.rest); }
    return names[k];
  }
  function figure(value, digits) {
    return Number.isFinite(value) ? value.toLocaleString(about.language, { maximumFractionDigits: digits }) : "–";
  }
  const COLUMNS = [
    [say("EVSEs"), (row) => figure(row.n_evse, 0), (row) => row.n_evse],
    [say("of 250 kW or more"), (row) => figure(row.n_high_power, 0), (row) => row.n_high_power],
    [say("sessions"), (row) => figure(row.sessions, 0), (row) => row.sessions],
    [say("mean wait (min)"), (row) => figure(row.wait, 1), (row) => row.wait],
    [say("EVSEs plugged (%)"), (row) => figure(row.busy, 0), (row) => row.busy],
    [say("left (%)"), (row) => figure(row.left, 0), (row) => row.left],
  ];

  // Sums over all stations of a place, by the number that `key` gives.
  function gathered(n, key, chosen) {
    const sums = Array.from({ length: n }, (_, k) => ({
      k: k, n: 0, n_evse: 0, n_high_power: 0, sessions: 0, waited: 0, busy: 0, leaving: 0,
    }));
    for (let k = 0; k < told.n; k += 1) {
      if (chosen(k)) {
        const sum = sums[key[k]];
        sum.n += 1;
        sum.n_evse += rows.n_evse[k];
        sum.n_high_power += rows.n_high_power[k];
        sum.sessions += rows.sessions[k];
        sum.waited += rows.wait_s[k] * rows.sessions[k];
        sum.busy += rows.busy[k] * rows.n_evse[k];
        sum.leaving += rows.left[k];
      }
    }
    return sums.filter((sum) => sum.n > 0).map((sum) => Object.assign(sum, {
      wait: sum.sessions ? sum.waited / sum.sessions / 60 : NaN,
      busy: sum.n_evse ? sum.busy / sum.n_evse : NaN,
      left: 100 * sum.leaving / (sum.sessions + sum.leaving),
    }));
  }
  function station(k) {
    return {
      k: k, name: nameOf(k), layer: told.layers[rows.layer[k]], n_evse: rows.n_evse[k], n_high_power: rows.n_high_power[k],
      sessions: rows.sessions[k], wait: rows.sessions[k] ? rows.wait_s[k] / 60 : NaN, busy: rows.busy[k],
      left: 100 * rows.left[k] / (rows.sessions[k] + rows.left[k]),
    };
  }
  function stationsWhere(chosen) {
    const found = [];
    for (let k = 0; k < told.n; k += 1) { if (chosen(k)) { found.push(k); } }
    return found;
  }

  function listed() {
    if (here.text) { return found(here.text.toLowerCase()); }
    if (here.province === null) {
      return gathered(told.provinces.length, rows.province, () => true)
        .map((row) => Object.assign(row, { name: told.provinces[row.k], open: () => go({ province: row.k, zone: null, text: "" }) }));
    }
    if (here.zone === null) {
      return gathered(told.zones.length, rows.zone, (k) => rows.province[k] === here.province)
        .map((row) => Object.assign(row, { name: told.zones[row.k], open: () => go({ province: here.province, zone: row.k, text: "" }) }));
    }
    return stationsWhere((k) => rows.zone[k] === here.zone && rows.province[k] === here.province).map(station);
  }
  function found(text) {
    const places = [];
    gathered(told.provinces.length, rows.province, () => true).forEach((row) => {
      if (told.provinces[row.k].toLowerCase().includes(text)) {
        places.push(Object.assign(row, { name: told.provinces[row.k], open: () => go({ province: row.k, zone: null, text: "" }) }));
      }
    });
    const provinceOf = new Map();
    for (let k = 0; k < told.n; k += 1) { provinceOf.set(rows.zone[k], rows.province[k]); }
    gathered(told.zones.length, rows.zone, () => true).forEach((row) => {
      if (told.zones[row.k].toLowerCase().includes(text)) {
        places.push(Object.assign(row, { name: told.zones[row.k], open: () => go({ province: provinceOf.get(row.k), zone: row.k, text: "" }) }));
      }
    });
    const own = [];
    for (let k = 0; k < told.n && own.length <= MOST_FOUND; k += 1) {
      if (nameOf(k).toLowerCase().includes(text)) {
        own.push(Object.assign(station(k), { open: () => go({ province: rows.province[k], zone: rows.zone[k], text: "" }) }));
      }
    }
    return places.concat(own);
  }

  function cell(kind, text, row) {
    const made = document.createElement(kind);
    if (text !== null) { made.textContent = text; }
    row.append(made);
    return made;
  }
  function button(text, act, into) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    into.append(made);
    return made;
  }
  function headOf(first) {
    const row = document.createElement("tr");
    [[first, null, (item) => item.name], ...COLUMNS].forEach(([words], k) => {
      const head = cell("th", null, row);
      head.scope = "col";
      head.setAttribute("aria-sort", sort.column === k ? (sort.up ? "ascending" : "descending") : "none");
      button(words + (sort.column === k ? (sort.up ? " ▲" : " ▼") : ""), () => {
        sort = { column: k, up: sort.column === k ? !sort.up : k === 0 };
        show();
        table.querySelectorAll("th button")[k].focus();
      }, head);
    });
    const made = document.createElement("thead");
    made.append(row);
    return made;
  }
  function sorted(items) {
    const value = sort.column === 0 ? (item) => item.name : COLUMNS[sort.column - 1][2];
    const sign = sort.up ? 1 : -1;
    return items.slice().sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) { return Number.isNaN(x) - Number.isNaN(y) || a.k - b.k; }
      return (x < y ? -sign : x > y ? sign : a.k - b.k);
    });
  }
  function show() {
    const items = sorted(listed());
    const body = document.createElement("tbody");
    items.slice(0, shown).forEach((item) => {
      const row = document.createElement("tr");
      const head = cell("th", null, row);
      head.scope = "row";
      if (item.open) { button(item.name, item.open, head); } else { head.textContent = item.name + " (" + item.layer + ")"; }
      COLUMNS.forEach(([, write]) => cell("td", write(item), row));
      body.append(row);
    });
    const first = here.text ? say("found") : here.province === null ? say("province") : here.zone === null ? say("prefecture") : say("station");
    table.replaceChildren(headOf(first), body);
    more.hidden = items.length <= shown;
    const words = here.text && items.length > MOST_FOUND ? say("{n} shown of more; a longer text finds fewer") : say("{n} of {all} shown");
    told_line.textContent = fill(words, { n: Math.min(shown, items.length), all: items.length });
    path.replaceChildren();
    const steps = [[say("All provinces"), { province: null, zone: null, text: "" }]];
    if (here.province !== null) { steps.push([told.provinces[here.province], { province: here.province, zone: null, text: "" }]); }
    if (here.zone !== null) { steps.push([told.zones[here.zone], here]); }
    steps.forEach(([words, target], k) => {
      const made = button(words, () => go(target), path);
      if (k === steps.length - 1) { made.setAttribute("aria-current", "location"); }
    });
  }
  function go(target) {
    here = target;
    shown = PAGE_ROWS;
    if (!here.text) { search.value = ""; }
    show();
    follow();
  }

  // The map shows the chosen place; its stations as rings.
  const rings = {
    type: "scattergl", mode: "markers", name: say("stations of the prefecture"), x: [], y: [], text: [], showlegend: false,
    marker: { size: 7, symbol: "circle-open", color: "#CC79A7", line: { width: 2 } }, hovertemplate: "%{text}<extra></extra>",
  };
  function follow() {
    if (!rings.isOnMap) { return; }
    [rings.x, rings.y, rings.text] = [[], [], []];
    if (here.province === null) {
      maps.map.whole();
      return;
    }
    const chosen = stationsWhere((k) => rows.province[k] === here.province && (here.zone === null || rows.zone[k] === here.zone));
    const x = chosen.map((k) => told.corner[0] + told.unit * rows.x[k]);
    const y = chosen.map((k) => told.corner[1] + told.unit * rows.y[k]);
    if (here.zone !== null) { [rings.x, rings.y, rings.text] = [x, y, chosen.map((k) => escaped(nameOf(k)))]; }
    maps.map.fit(maps.map.boxOf([x], [y]));
  }
  function escaped(text) { return text.replace(/[&<>"']/g, (sign) => "&#" + sign.charCodeAt(0) + ";"); }
  function onMap() {
    rings.isOnMap = true;
    charts.map.data.push(rings);
    maps.map.picked = (trace, k) => {
      const id = ((trace.customdata || [])[k] || [])[2];
      const zone = told.zone_ids.indexOf(id === undefined ? "" : plain(id));
      if (zone < 0) { return; }
      go({ province: rows.province[rows.zone.indexOf(zone)], zone: zone, text: "" });
      document.getElementById("find").scrollIntoView();
    };
    if (here.province !== null) { follow(); }
  }
  more.addEventListener("click", () => { shown += PAGE_ROWS; show(); });
  let wait = null;
  search.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => {
      here = { province: null, zone: null, text: search.value.trim() };
      shown = PAGE_ROWS;
      show();
    }, 150);
  });
  show();
  return onMap;
}
