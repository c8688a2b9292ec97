// The verification page in the browser: fetches the proof bundle, checks it, and shows what was checked here and what only the
// server checked. If the browser can't check, it shows "checked by the server only"; if a check fails, it turns red and names it.

// The checking modules are loaded last: the page is complete without them.
const band = document.getElementById("verdict");
const say = band?.dataset;

function setText(selector, words) {
  const element = band.querySelector(selector);
  if (element) element.textContent = words;
}

function broken(check) {
  band.className = "band broken";
  band.dataset.state = "broken";
  band.querySelector(".shape use")?.setAttribute("href", "#s-broken");
  setText(".word", say.sayBroken);
  const name = say[`check${check[0].toUpperCase()}${check.slice(1)}`] ?? check;
  setText(".why", "");
  setText(".tally", say.sayFailing.replace("%check%", () => name));
  setText(".by", "");
}

const all = (selector, read) => [...document.querySelectorAll(selector)].map(read);

const words = (e, selector) => (selector ? e.querySelector(selector) : e)?.textContent.trim();

// What the page shows, for the check: always the visible text, never an attribute that repeats it.
function shown() {
  const facts = [
    ...all("h1", (e) => ({ fact: "product", of: e.dataset.of, text: words(e) })),
    ...all(".facts [data-fact], .timeline [data-fact], .test [data-fact]", (e) => ({ ...e.dataset, text: words(e) })),
  ];
  const values = (test) =>
    [...test.querySelectorAll(".bars > li")].map((e) => ({ ...e.dataset, text: words(e, ".value"), spread: words(e, ".spread") }));
  const tests = all(".test", (e) => ({ record: e.dataset.record, result: words(e, ".result"), values: values(e) }));
  const steps = all(".timeline > li, .test", ({ dataset }) => ({ id: dataset.record, index: Number(dataset.index) }));
  // steps that the page leaves out
  const hidden = Number((words(document, "#hidden") ?? "").replace(/\D/g, ""));
  const { ledger, lot, logKey, state, size } = say;
  const look = `${band.className.replace(" server", "")} ${band.querySelector(".shape use")?.getAttribute("href")}`;
  const top = { state, word: words(band, ".word"), look };
  const { lang } = document.documentElement;
  return { ledger, lot, logKey, lang, band: top, size: Number(size), shown: steps, hidden, tests, facts };
}

async function check() {
  if (!say?.bundle || say.state === "broken") return;
  const started = performance.now();
  let modules;
  let bundle;
  try {
    modules = await import("./verify.js");
    if (!(await modules.canCheck())) {
      setText(".by", say.sayServer);
      return;
    }
    setText(".by", say.sayChecking);
    const answer = await fetch(say.bundle);
    if (!answer.ok) throw new Error(String(answer.status));
    bundle = await answer.json();
  } catch {
    setText(".by", say.sayUnreachable);
    return;
  }
  const { Broken, Unreachable, Stale, verify } = modules;
  try {
    const { signatures, facts } = await verify(bundle, shown());
    const seconds = ((performance.now() - started) / 1000).toFixed(1).replace(".", say.point);
    band.classList.remove("server");
    band.classList.add("phone");
    band.dataset.checked = "phone";
    // the tally above is the server's; the numbers of the check here are shown at the proof
    setText(".by", say.sayPassed.replace("%seconds%", seconds));
    const detail = document.getElementById("checked");
    detail.textContent = say.sayDetail.replace("%signatures%", signatures).replace("%facts%", facts);
    detail.hidden = false;
  } catch (error) {
    if (error instanceof Stale) setText(".by", say.sayStale);
    else if (error instanceof Unreachable) setText(".by", say.sayUnreachable);
    else broken(error instanceof Broken ? error.check : "bundle");
  }
}

for (const button of document.querySelectorAll("[data-evidence]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const output = button.parentElement.querySelector("output");
    button.disabled = true;
    try {
      const answer = await fetch(button.dataset.url);
      if (!answer.ok) throw new Error(String(answer.status));
      const [{ base32 }, { blake3 }] = await Promise.all([import("./bytes.js"), import("./blake3.js")]);
      const hash = base32(blake3(new Uint8Array(await answer.arrayBuffer())));
      output.textContent = hash === button.dataset.evidence ? button.dataset.saySame : button.dataset.sayDiffers;
    } catch {
      output.textContent = button.dataset.sayMissing;
    }
    button.disabled = false;
  });
}

check();
