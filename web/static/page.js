// The verification page in the browser: fetches the proof bundle, checks it, and shows what was checked here and what only the
// server checked. If the browser can't check, it shows "checked by the server only"; if a check fails, it turns red and names it.

// The checking modules are loaded last: the page is complete without them.
const band = document.getElementById("verdict");
const say = band?.dataset;

function setText(selector, words) {
  const element = band.querySelector(selector);
  if (element) element.textContent = words;
}

// The headline is not the server's any more.
function overruled(state, shape, word) {
  band.className = `band ${shape}`;
  band.dataset.state = state;
  band.setAttribute("role", "alert");
  band.querySelector(".shape use")?.setAttribute("href", `#s-${shape}`);
  band.querySelectorAll(".why, .also").forEach((e) => e.remove());
  setText(".word", word);
  setText(".tally", "");
  document.title = `${word} · Jejak`;
  // no tick on the page holds any more: the style sheet takes their colour
  document.body.classList.add("overruled");
}

function broken(check) {
  overruled("broken", "broken", say.sayBroken);
  const name = say[`check${check[0].toUpperCase()}${check.slice(1)}`] ?? check;
  setText(".tally", say.sayFailing.replace("%check%", () => name));
  setText(".by", "");
}

// What is not seen is not shown.
const seen = (e) => e.checkVisibility?.({ checkOpacity: true, checkVisibilityCSS: true }) ?? e.getClientRects().length > 0;
const within = (element, selector) => [...element.querySelectorAll(selector)].filter(seen);
const all = (selector, read) => within(document, selector).map(read);

const words = (e, selector) => (selector ? e.querySelector(selector) : e)?.textContent.trim();

// What the page shows, for the check: always the visible text, never an attribute that repeats it.
function shown() {
  const facts = [
    ...all("h1", (e) => ({ fact: "product", of: e.dataset.of, text: words(e) })),
    ...all(".lot [data-fact], .facts [data-fact], .timeline [data-fact], .test [data-fact]", (e) => ({ ...e.dataset, text: words(e) })),
  ];
  const values = (test) =>
    within(test, ".bars > li").map((e) => ({ ...e.dataset, text: words(e, ".value"), spread: words(e, ".spread") }));
  const tests = all(".test", (e) => ({ record: e.dataset.record, result: words(e, ".result"), values: values(e) }));
  const steps = all(".timeline > li, .test", ({ dataset }) => ({ id: dataset.record, index: Number(dataset.index) }));
  // steps that the page leaves out
  const hidden = Number((words(document, "#hidden") ?? "").replace(/\D/g, ""));
  const documents = all(".documents > li", (e) => ({ hash: e.dataset.document, title: words(e, "p"), size: words(e, ".nb") }));
  // lists that name what they leave out
  const partly = (section) => hidden > 0 || document.querySelector(`#${section} > .note`) !== null;
  const left = { tests: partly("tests"), documents: partly("documents") };
  const { ledger, lot, logKey, state, size } = say;
  const look = `${band.className.replace(" server", "")} ${band.querySelector(".shape use")?.getAttribute("href")}`;
  const top = { state, word: words(band, ".word"), look };
  const { lang } = document.documentElement;
  return { address: location.pathname, ledger, lot, logKey, lang, band: top, size: Number(size), shown: steps, hidden, left, tests, documents, facts };
}

// Longest wait for an answer, milliseconds.
const TIMEOUT = 30_000;
const get = (url, options) => fetch(url, { signal: AbortSignal.timeout(TIMEOUT), ...options });

// What could not be had, for the words shown.
class Missing extends Error {}

async function load() {
  const modules = await Promise.all([import("./verify.js"), import("./remember.js")]).catch(() => {
    throw new Missing("modules");
  });
  return { ...modules[0], ...modules[1] };
}

async function proof() {
  const type = "application/vnd.jejak.proof+cbor";
  const answer = await get(say.bundle, { headers: { accept: type } }).catch(() => null);
  // a proxy's page is no proof
  if (!answer?.ok || answer.headers.get("content-type") !== type) throw new Missing("proof");
  const bytes = await answer.arrayBuffer().catch(() => {
    throw new Missing("proof");
  });
  return new Uint8Array(bytes);
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

function passed({ signatures, facts, seen, cosigned }, started) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).replace(".", say.point);
  band.classList.remove("server");
  band.classList.add("phone");
  band.dataset.checked = "phone";
  // the tally above is the server's; the numbers of the check here are shown at the proof
  setText(".by", say.sayPassed.replace("%seconds%", seconds));
  const detail = document.getElementById("checked");
  const said = [say.sayDetail.replace("%signatures%", signatures).replace("%facts%", facts)];
  const { keys, parties, day } = seen;
  if (keys > 0) said.push(say.saySeen.replace("%keys%", keys).replace("%parties%", parties).replace("%day%", day));
  if (cosigned.length > 0) said.push(say.sayCosigned.replace("%names%", () => cosigned.join(", ")));
  detail.textContent = said.join(" ");
  detail.hidden = false;
}

async function check() {
  if (!say?.bundle || say.state === "broken") return;
  const started = performance.now();
  const failed = { modules: say.sayNoModules, proof: say.sayNoProof, history: say.sayNoHistory };
  let modules;
  try {
    modules = await load();
    if (!(await modules.canCheck())) return setText(".by", say.sayServer);
    setText(".by", say.sayChecking);
    const bytes = await proof();
    const { verify, compare, Stale } = modules;
    const result = await verify(bytes, shown());
    const reach = (path) =>
      get(path).catch(() => {
        throw new Missing("history");
      });
    const age = await compare(say.logKey, result, reach).catch((error) => {
      throw error instanceof Missing ? error : new modules.Broken("consistency", error.message);
    });
    if (age === "old") throw new Stale("this device has seen a newer head");
    passed(result, started);
  } catch (error) {
    const { Broken, Unreachable, Stale } = modules ?? {};
    if (error instanceof Missing) setText(".by", failed[error.message]);
    else if (error instanceof Unreachable) setText(".by", failed.modules);
    else if (error instanceof Stale) {
      overruled("old", "unchecked", say.sayOld);
      setText(".by", say.sayStale);
      renew();
    } else broken(error instanceof Broken ? error.check : "bundle");
  }
}

for (const button of document.querySelectorAll("[data-evidence]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const output = button.parentElement.querySelector("output");
    // the check compared the hash that the page states with the records
    if (band?.dataset.checked !== "phone") {
      output.textContent = button.dataset.sayUnchecked;
      return;
    }
    const stated = button.closest("li").dataset.document;
    button.disabled = true;
    try {
      const answer = await get(button.dataset.url);
      if (!answer.ok) throw new Error(String(answer.status));
      const [{ base32 }, { blake3 }] = await Promise.all([import("./bytes.js"), import("./blake3.js")]);
      const hash = base32(blake3(new Uint8Array(await answer.arrayBuffer())));
      output.textContent = hash === stated ? button.dataset.saySame : button.dataset.sayDiffers;
    } catch {
      output.textContent = button.dataset.sayMissing;
    }
    button.disabled = false;
  });
}

check();
