let onMap = () => {};

drawAll(async () => {
  if (about.drill !== undefined) { onMap = await beginDrill(); }
}, {
  map: async () => { await beginMap(); await onMap(); },
  film: beginFilm,
});
