drawAll({
  map: async () => {
    await beginMap();
    document.documentElement.dataset.answers = "yes";
    await resting();
    if (about.drill !== undefined) { (await beginDrill())(); }
  },
  film: beginFilm,
});
