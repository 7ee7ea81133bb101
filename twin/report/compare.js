// The map of differences shows one run at a time.
function beginChoice() {
  const choice = document.getElementById("map-run");
  if (choice === null) { return; }
  choice.addEventListener("change", () => {
    const first = charts.map.data.length - choice.options.length;
    const visible = charts.map.data.map((_, k) => k < first || k === first + choice.selectedIndex);
    Plotly.restyle(place("map"), { visible: visible });
  });
}

drawAll(() => {}, { map: beginChoice });
