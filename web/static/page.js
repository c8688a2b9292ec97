// The verification page on the reader's own device: fetches the proof bundle, checks it, and says in words what was checked
// here and what only the server did. Where the browser can't check it says "checked by the server only"; when a check does not
// hold it turns red and names the check.

// The checking modules are loaded after the page is there: it is complete without them.
const band = document.getElementById("verdict");
const say = band?.dataset;

function speak(selector, words) {
  const element = band.querySelector(selector);
  if (element) element.textContent = words;
}

function broken(check) {
  band.className = "band broken";
  band.dataset.state = "broken";
  band.querySelector(".shape use")?.setAttribute("href", "#s-broken");
  speak(".word", say.sayBroken);
  const name = say[`check${check[0].toUpperCase()}${check.slice(1)}`] ?? check;
  speak(".why", "");
  speak(".tally", say.sayFailing.replace("%check%", () => name));
  speak(".by", "");
}

const all = (selector, read) => [...document.querySelectorAll(selector)].map(read);

const words = (e, selector) => (selector ? e.querySelector(selector) : e)?.textContent.trim();

// What the page shows, as the check reads it: always the words that people read, never what an attribute says of them. Where a
// fact belongs is its place on the page.
function shown() {
  const facts = [
    ...all("h1", (e) => ({ fact: "product", of: e.dataset.of, text: words(e) })),
    ...all(".facts [data-fact], .timeline [data-fact], .test [data-fact]", (e) => ({ ...e.dataset, text: words(e) })),
  ];
  const values = (test) =>
    [...test.querySelectorAll(".bars > li")].map((e) => ({ ...e.dataset, text: words(e, ".value"), spread: words(e, ".spread") }));
  const tests = all(".test", (e) => ({ record: e.dataset.record, result: words(e, ".result"), values: values(e) }));
  const steps = all(".timeline > li, .test", ({ dataset }) => ({ id: dataset.record, index: Number(dataset.index) }));
  const { ledger, lot, logKey, state, size } = say;
  const look = `${band.className.replace(" server", "")} ${band.querySelector(".shape use")?.getAttribute("href")}`;
  const top = { state, word: words(band, ".word"), look };
  const { lang } = document.documentElement;
  return { ledger, lot, logKey, lang, band: top, size: Number(size), shown: steps, tests, facts };
}

async function check() {
  if (!say?.bundle || say.state === "broken") return;
  const started = performance.now();
  let modules;
  let bundle;
  try {
    modules = await import("./verify.js");
    if (!(await modules.canCheck())) {
      speak(".by", say.sayServer);
      return;
    }
    speak(".by", say.sayChecking);
    const answer = await fetch(say.bundle);
    if (!answer.ok) throw new Error(String(answer.status));
    bundle = await answer.json();
  } catch {
    speak(".by", say.sayUnreachable);
    return;
  }
  const { Broken, Lost, Stale, verify } = modules;
  try {
    const { signatures, facts } = await verify(bundle, shown());
    const seconds = ((performance.now() - started) / 1000).toFixed(1).replace(".", say.point);
    band.classList.remove("server");
    band.classList.add("phone");
    band.dataset.checked = "phone";
    // the tally above stays the server's; what ran here is told by number where the proof is
    speak(".by", say.sayPassed.replace("%seconds%", seconds));
    const detail = document.getElementById("checked");
    detail.textContent = say.sayDetail.replace("%signatures%", signatures).replace("%facts%", facts);
    detail.hidden = false;
  } catch (error) {
    if (error instanceof Stale) speak(".by", say.sayStale);
    else if (error instanceof Lost) speak(".by", say.sayUnreachable);
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
