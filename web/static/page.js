// The verification page on the reader's own device: fetches the proof bundle, checks it, and says in words what was checked
// here. Without Ed25519 in the browser it says "checked by the server only"; when a check does not hold it turns red and
// names the check.

import { base32 } from "./bytes.js";
import { blake3 } from "./blake3.js";
import { Broken, canCheck, verify } from "./verify.js";

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
  speak(".tally", say.sayFailing.replace("%check%", name));
  speak(".by", "");
}

async function check() {
  if (!say?.bundle || say.state === "broken") return;
  if (!(await canCheck())) {
    speak(".by", say.sayServer);
    return;
  }
  speak(".by", say.sayChecking);
  const started = performance.now();
  let bundle;
  try {
    const answer = await fetch(say.bundle);
    if (!answer.ok) throw new Error(String(answer.status));
    bundle = await answer.json();
  } catch {
    speak(".by", say.sayUnreachable);
    return;
  }
  const shown = [...document.querySelectorAll("[data-record]")].map((e) => e.dataset.record);
  const values = [...document.querySelectorAll("[data-parameter]")].map((e) => {
    const test = e.closest("[data-record]");
    return {
      record: test.dataset.record,
      parameter: e.dataset.parameter,
      value: e.dataset.value,
      disposition: test.dataset.disposition,
    };
  });
  try {
    const { ledger, lot, logKey } = say;
    const { made } = await verify(bundle, { ledger, lot, logKey, shown, values });
    const seconds = ((performance.now() - started) / 1000).toFixed(1).replace(".", say.point);
    band.classList.remove("server");
    band.classList.add("phone");
    band.dataset.checked = "phone";
    speak(".tally", say.sayPassed.replace("%passed%", made).replace("%total%", made));
    speak(".by", say.sayOn.replace("%seconds%", seconds));
  } catch (error) {
    broken(error instanceof Broken ? error.check : "bundle");
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
      const hash = base32(blake3(new Uint8Array(await answer.arrayBuffer())));
      output.textContent = hash === button.dataset.evidence ? button.dataset.saySame : button.dataset.sayDiffers;
    } catch {
      output.textContent = button.dataset.sayMissing;
    }
    button.disabled = false;
  });
}

check();
