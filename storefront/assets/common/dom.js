// Elements from plain calls. Text always goes in as text, so a hostile name stays a name.
export function h(tag, facts = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value === "boolean") element[name] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
}

export const fill = (element, ...children) => {
  element.replaceChildren(...children.flat(Infinity).filter(Boolean));
  return element;
};

export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** "{count} left" with its facts filled in. */
export const say = (text, facts = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);

/** Runs at once, then every `seconds` while somebody looks at the page, and at once when he comes back. */
export function whileWatched(seconds, work) {
  let timer;
  const turn = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    await work();
    clearTimeout(timer);
    timer = setTimeout(turn, seconds * 1000);
  };
  document.addEventListener("visibilitychange", turn);
  turn();
  return turn;
}
