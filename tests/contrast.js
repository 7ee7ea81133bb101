(() => {
  const parse = (text) => {
    const found = text.match(/[\d.]+/g).map(Number);
    return found.length > 3 ? found : [...found, 1];
  };
  const over = (top, below) => [0, 1, 2].map((k) => top[k] * top[3] + below[k] * (1 - top[3])).concat(1);
  const ground = (element) => {
    const layers = [];
    for (let at = element; at !== null; at = at.parentElement) { layers.push(parse(getComputedStyle(at).backgroundColor)); }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const isShown = box.width > 1 && box.height > 1 && style.visibility !== "hidden";
    const isTold = walker.currentNode.textContent.trim() && !element.closest("script, style, noscript, .modebar, option");
    if (!isShown || !isTold) { continue; }
    const inPlot = element.closest("svg") !== null;
    let opacity = 1;
    for (let at = element; at !== null; at = at.parentElement) { opacity *= Number(getComputedStyle(at).opacity); }
    if (inPlot && opacity < 1) { continue; } // a legend entry that is switched off
    const behind = ground(element);
    const ink = over(parse(inPlot ? style.fill : style.color), behind);
    const [high, low] = [luminance(ink), luminance(behind)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) { faint.add(ratio.toFixed(2) + " " + walker.currentNode.textContent.trim().slice(0, 40)); }
  }
  return Array.from(faint);
})()
