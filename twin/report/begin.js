drawAll({
  map: async () => {
    await beginMap();
    document.documentElement.dataset.answers = "yes";
    if (about.drill !== undefined) { (await beginDrill())(); }
  },
  film: beginFilm,
});
