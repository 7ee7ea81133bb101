drawAll(() => {}, {});
