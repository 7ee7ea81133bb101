drawAll({
  map: async () => { await beginMap(); await beginDrill(); },
  film: beginFilm,
});
