// Screens by the address after `#`. Keeps no state but the list of screens; what a screen is, is written at `routes`.

// [pattern, load]: `/lot/:gtin/:lot` matches `#/lot/123/ABC`; a last `*name` takes the rest with its slashes. load() imports the module.
// The module's default export is called with ({gtin, lot}, URLSearchParams) and returns, perhaps as a promise,
//   { title, body, action, back, leave }
//   title   the one question or statement of the screen (h1)
//   body    a node, a string, or a list of both
//   action  what lies under the thumb: a node or a list
//   back    address of the screen before, or `true` for the browser's history; a first screen has none
//   leave   called once when another screen is shown
const routes = [];

export function add(...entries) {
  for (const [pattern, load] of entries) {
    const names = [];
    const source = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/:(\w+)|\*(\w+)/g, (_, one, rest) => {
      names.push(one ?? rest);
      return one ? "([^/]+)" : "(.+)";
    });
    routes.push({ pattern: new RegExp(`^${source}$`), names, load });
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// { load, params, query, path } of an address such as `/lot/1/2?from=scan`, or null.
export function match(address) {
  const [path, search = ""] = address.split("?");
  for (const { pattern, names, load } of routes) {
    const found = pattern.exec(path);
    if (found) {
      const params = Object.fromEntries(names.map((name, i) => [name, decoded(found[i + 1])]));
      return { load, params, query: new URLSearchParams(search), path };
    }
  }
  return null;
}

export const address = () => location.hash.replace(/^#/, "") || "/";

// A piece of an address: path`/lot/${gtin}/${lot}`.
export const path = (texts, ...values) => String.raw({ raw: texts }, ...values.map(encodeURIComponent));

export function go(to) {
  if (address() === to) refresh();
  else location.hash = to;
}

// Shows `to` in place of this screen, so that back does not return to it.
export function replace(to) {
  history.replaceState(null, "", `#${to}`);
  refresh();
}

export const back = () => history.back();

let show = () => {};
// Shows this screen anew.
export const refresh = () => show();

export function start(render) {
  show = render;
  addEventListener("hashchange", render);
  return render();
}
