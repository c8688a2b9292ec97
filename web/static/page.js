// The verification page in the browser: fetches the proof bundle, checks it, and shows what was checked here and what only the
// server checked. If the browser can't check, it shows "checked by the server only"; if a check fails, it turns red and names it.

// The page needs none of the checking modules: they are fetched while it is still read (base.html). This one waits for the page and its style
// sheet, and runs before extensions of the browser are told that the page is there.
const band = document.getElementById("verdict");
const say = band?.dataset;
// Sentences of the reader's language. Those of the page could say anything.
let words;
// As the page came: a browser that translates it states another language.
const { lang } = document.documentElement;

// Whether this browser has put other words in the place of the page's: the language changed, or there are the elements that Chrome or Edge
// write into a page. A page that feigns it is not called proven, which it could have had without.
const translated = () =>
  document.documentElement.lang !== lang || document.querySelector("html[class*=translated-], main font, [_msttexthash]") !== null;
// The checks that compare the words of the page; the others are of the proof alone.
const OF_PAGE = ["shown", "values", "documents", "state", "facts", "text"];

// Whether everything held on this device. Not an attribute of the page, which could come with it.
let checked = false;

function setText(selector, text) {
  const element = band.querySelector(selector);
  if (element) element.textContent = text;
}

// The line that says who has checked. It stays empty where the server has not, since no head covers the newest record yet.
const sayWho = (text) => setText(".by", say.size === "0" ? "" : text);

// The headline is not the server's any more.
function overruled(state, shape, word) {
  band.className = `band ${shape}`;
  band.dataset.state = state;
  delete band.dataset.checked;
  band.setAttribute("role", "alert");
  band.setAttribute("aria-live", "assertive");
  band.querySelector(".shape use")?.setAttribute("href", `#s-${shape}`);
  band.querySelectorAll(".why, .also").forEach((e) => e.remove());
  setText(".word", word);
  setText(".tally", "");
  document.title = `${word} · Jejak`;
  // no tick on the page holds any more: the style sheet takes their colour
  document.body.classList.add("overruled");
}

function broken(check) {
  overruled("broken", "broken", words["state-broken"]);
  setText(".tally", words["phone-failing"].replace("%check%", () => words[`check-${check}`]));
  setText(".by", "");
}

// Longest wait for an answer, milliseconds.
const TIMEOUT = 30_000;
const get = (url, options) => fetch(url, { signal: AbortSignal.timeout(TIMEOUT), ...options });

// What could not be had, for the words shown.
class Missing extends Error {}

async function load() {
  // a page without a language is refused by the check
  const [, code = "en"] = /^([a-z]{2,3})(?:-|$)/.exec(lang) ?? [];
  const modules = [import(`./words-${code}.js`), import("./verify.js"), import("./shown.js"), import("./remember.js")];
  const [{ default: table }, ...rest] = await Promise.all(modules).catch(() => {
    throw new Missing("no-modules");
  });
  words = table;
  return Object.assign({}, ...rest);
}

async function bytesOf(path, type) {
  const answer = await get(path, { headers: { accept: type } }).catch(() => null);
  // a proxy's page is no proof
  if (!answer?.ok || answer.headers.get("content-type") !== type) throw new Missing("no-proof");
  const bytes = await answer.arrayBuffer().catch(() => {
    throw new Missing("no-proof");
  });
  return new Uint8Array(bytes);
}

const proof = () => bytesOf(say.bundle, "application/vnd.jejak.proof+cbor");
// The profiles that the proof names, by hash: a browser keeps them for other lots.
const files = new Map();
const file = (hash) => {
  if (!files.has(hash)) files.set(hash, bytesOf(`/profiles/${hash}`, "application/json"));
  return files.get(hash);
};

// Asks for all of it while the modules arrive. What fails is named when it is needed.
function ahead() {
  const asked = [proof(), ...(say.profiles ?? "").split(" ").filter(Boolean).map(file)];
  for (const one of asked) one.catch(() => {});
  return asked[0];
}

// An old copy is loaded anew, once.
function renew() {
  const key = `jejak-renewed ${location.pathname}`;
  try {
    if (sessionStorage.getItem(key)) return;
    sessionStorage.setItem(key, "1");
  } catch {
    return;
  }
  location.reload();
}

function passed({ signatures, facts, seen, clock, cosigned }, started) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).replace(".", words["decimal-point"]);
  band.classList.remove("server");
  band.classList.add("phone");
  band.dataset.checked = "phone";
  checked = true;
  // the tally above is the server's; the numbers of the check here are shown at the proof
  setText(".by", words["phone-passed"].replace("%seconds%", seconds));
  const detail = document.getElementById("checked");
  const said = [words["phone-detail"].replace("%signatures%", signatures).replace("%facts%", facts)];
  const { keys, parties, size } = seen;
  if (keys > 0) said.push(words["phone-seen"].replace("%keys%", keys).replace("%parties%", parties).replace("%size%", size));
  if (cosigned.length > 0) said.push(words["phone-cosigned"].replace("%names%", () => cosigned.join(", ")));
  // without a full stop: it comes last
  if (clock) said.push(words["as-of-when"].replace("{ $when }", () => clock));
  detail.textContent = said.join(" ");
  detail.hidden = false;
}

// Whether a page has other styles than those beside this script: they could draw and move anything.
function isStyled() {
  const own = document.querySelectorAll("style, [style], link[rel~=stylesheet i]").length;
  return own !== 1 || [...document.styleSheets].map(({ href }) => href).join() !== new URL("page.css", import.meta.url).href;
}

async function check() {
  if (!band || say.state === "broken") return;
  // what the page may say of a check is not this device's
  delete say.checked;
  band.classList.remove("phone");
  band.classList.add("server");
  document.getElementById("checked")?.setAttribute("hidden", "");
  // what extensions of the browser add later is not the server's; of the head what leads or draws a page elsewhere
  const [came, styled] = [new Set(document.querySelectorAll(`body *, base, [http-equiv], [name=viewport i]:not([content="width=device-width, initial-scale=1"])`)), isStyled()];
  const started = performance.now();
  const coming = say.bundle && ahead();
  let modules;
  try {
    modules = await load();
    if (!say.bundle) return setText(".by", words["checked-later"]);
    if (!(await modules.canCheck())) return sayWho(words["phone-server-only"]);
    // a font of its own draws whatever letters it likes
    if (document.fonts?.size > 0) throw new Missing("fonts");
    sayWho(words["phone-checking"]);
    const bytes = await coming;
    const { verify, compare, shown, Broken, Refused, Stale } = modules;
    const result = await verify(bytes, shown(band, came), file);
    const reach = (path) =>
      get(path).catch(() => {
        throw new Missing("no-history");
      });
    const age = await compare(say.logKey, result, reach).catch((error) => {
      throw error instanceof Refused ? new Broken("consistency", error.message) : error;
    });
    if (age === "old") throw new Stale("this device has seen a newer head");
    // the head came meanwhile: now the server can check too
    if (say.size === "0") return renew();
    if (styled) throw new Missing("fonts");
    passed(result, started);
  } catch (error) {
    const { Broken, Unreachable, Unanswered, Stale } = modules ?? {};
    const only = (why) => sayWho(words?.[`phone-${why}`] ?? say.sayNoModules);
    if (error instanceof Missing) only(error.message);
    else if (modules && translated() && (error instanceof Unreachable || OF_PAGE.includes(error.check))) only("translated");
    else if (!modules || error instanceof Unreachable) only("no-modules");
    else if (error instanceof Unanswered) only("no-history");
    else if (error instanceof Stale) {
      overruled("old", "unchecked", words["state-old"]);
      setText(".by", words["phone-stale"]);
      renew();
    } else if (error instanceof Broken) broken(error.check);
    // this browser ran out of something, or withholds it: that says nothing about the proof
    else only("unable");
  }
}

for (const button of document.querySelectorAll("[data-evidence]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const output = button.parentElement.querySelector("output");
    button.disabled = true;
    // the check compared the hash that the page states with the records
    output.textContent = checked
      ? await import("./document.js").then(({ compared }) => compared(button.closest("li"), get, words)).catch(() => words["file-missing"])
      : button.dataset.sayUnchecked;
    button.disabled = false;
  });
}

check();
