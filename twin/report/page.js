(function () {
  "use strict";
  var charts = JSON.parse(document.getElementById("chart-data").textContent);
  var narrow = window.matchMedia("(max-width: 600px)").matches;
  var config = { displaylogo: false, responsive: true, showSendToCloud: false, modeBarButtonsToRemove: ["sendChartToCloud", "lasso2d", "select2d"] };
  var PRINT_WIDTH = 700;
  function each(act) {
    Object.keys(charts).forEach(function (name) {
      var place = document.getElementById("chart-" + name);
      if (place) { act(place, charts[name]); }
    });
  }
  each(function (place, chart) {
    if (narrow) {
      chart.layout.font.size = 11;
      if (place.id === "chart-map") { 
        chart.layout.height = 460;
        chart.data.forEach(function (trace) {
          if (trace.marker) { trace.marker.size = trace.marker.size.map(function (size) { return 0.6 * size; }); }
        });
      }
      if (place.id !== "chart-map") { chart.layout.dragmode = false; }
    }
    Plotly.newPlot(place, chart.data, chart.layout, Object.assign({}, config, chart.config || {}));
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
    each(function (place) { Plotly.relayout(place, { width: PRINT_WIDTH, autosize: false }); });
  });
  window.addEventListener("afterprint", function () {
    each(function (place) { Plotly.relayout(place, { width: null, autosize: true }); });
  });
  document.documentElement.dataset.drawn = "yes";
})();
