// The map of differences shows one run at a time.
function beginChoice() {
  const choice = document.getElementById("map-run");
  if (choice === null) { return; }
  const first = charts.map.data.length - choice.options.length;
  choice.addEventListener("change", () => {
    charts.map.data.forEach((trace, k) => { trace.visible = k < first || k === first + choice.selectedIndex; });
    maps.map.draw();
  });
}

drawAll({ map: beginChoice });
