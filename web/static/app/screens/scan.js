// Reads a label: by the camera, from a photo, or typed. What a text may name is scan.js's; this screen shows the likeliest first and asks
// when there are several. Codes of invitations and requests lead to their screens.

import { announce, bigButton, button, buzz, faulty, field, h, notice, replaceIn, row, rows, UserError } from "../ui.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import { read } from "../scan.js";
import { productName } from "../wording.js";
import { leadsTo, whyNothing } from "./readings.js";

// A link of this app: { to } its address after the hash, of whatever node: the screen there says whose it is.
function appLink(text) {
  const found = /^https?:\/\/[^/]+\/app\/?#(\/(?:invite|request|demo|lot)\/.+)$/.exec(text.trim());
  return found ? { to: found[1] } : null;
}

export default async function scan(_, query) {
  const purpose = query?.get("for") ?? "lot";
  const then = query?.get("then") ?? undefined;
  const move = query?.get("move") === "1" ? "?move=1" : "";
  const found = h("div", { "aria-live": "polite" });
  // apart from what was found: a camera may fail after a number was typed
  const noCamera = h("div", { "aria-live": "polite" });
  let camera = null;
  let ended = false;

  // Shows what a text names; true when it led on.
  async function take(text, typed) {
    const link = appLink(text);
    if (link) {
      buzz("scan");
      go(link.to + move);
      return true;
    }
    if (purpose !== "lot") {
      replaceIn(found, notice("warn", t(`not-a-${purpose}`)));
      return false;
    }
    const scanned = read(text);
    if (scanned.readings.length === 0) {
      replaceIn(found, notice("warn", whyNothing(scanned), h("p", { class: "code" }, text.slice(0, 80))));
      return false;
    }
    buzz("scan");
    const targets = (await Promise.all(scanned.readings.map((one) => leadsTo(one, then)))).flat();
    const first = targets.filter((one) => one.known);
    if (targets.length === 1 || first.length === 1) {
      const [only] = first.length === 1 ? first : targets;
      if (only.to) go(only.to);
      else if (navigator.onLine) location.href = only.page;
      else replaceIn(found, notice("wait", t("page-needs-signal"), h("p", {}, only.title)));
      return true;
    }
    const sorted = [...first, ...targets.filter((one) => !one.known)];
    replaceIn(found, h("p", {}, t("several-readings")), rows(sorted.map((one) => row({ ...one, to: one.to ?? `${location.origin}${one.page}`, note: [one.note, one.known && t("known-here")].filter(Boolean).join(" · ") }))));
    if (!typed) announce(t("several-readings"));
    return false;
  }

  // ---- camera
  const video = h("video", { playsinline: true, muted: true, "aria-hidden": "true" });
  const view = h("div", { class: "view" }, video, h("div", { class: "aim" }));
  const torch = button(t("torch"), { icon: "torch", act: () => light(), "aria-pressed": "false", hidden: true });
  let lit = false;
  async function light() {
    lit = !lit;
    await camera?.torch?.(lit);
    torch.setAttribute("aria-pressed", String(lit));
  }
  const denied = (error) => {
    replaceIn(noCamera, notice("note", t(error?.reason === "denied" ? "camera-denied" : "camera-missing")));
    view.hidden = true;
  };
  async function begin() {
    if (!navigator.mediaDevices?.getUserMedia) return denied();
    try {
      const { openCamera } = await import("../camera.js");
      camera = await openCamera(video, { onText: (text) => !ended && take(text), onEnd: () => !ended && denied() });
      if (ended) return camera.stop();
      torch.hidden = !camera.canTorch;
    } catch (error) {
      if (!ended) denied(error);
    }
  }

  // ---- a photo, or typed
  const file = h("input", { type: "file", accept: "image/*", class: "only-read", tabindex: "-1", "aria-hidden": "true" });
  file.addEventListener("change", async () => {
    const [photo] = file.files;
    if (!photo) return;
    const { readImage } = await import("../camera.js");
    const text = await readImage(photo).catch(() => null);
    file.value = "";
    if (text) await take(text);
    else replaceIn(found, notice("warn", t("no-code-in-photo")));
  });
  const typed = field(purpose === "lot" ? t("type-number") : t("type-link"), { help: purpose === "lot" ? t("type-number-help") : null, maxlength: 2000, autocapitalize: "characters", spellcheck: "false", enterkeyhint: "go" });
  const submit = async () => {
    const text = typed.input.value.trim();
    if (text === "") throw new UserError(t("nothing-typed"));
    const gtin = query?.get("gtin");
    await take(gtin && !/^\(|^https?:|^01\d{14}/.test(text) ? `(01)${gtin}(10)${text}` : text, true);
  };
  const open = h("div", { hidden: !query?.get("gtin") && !query?.get("type") }, typed.element, bigButton(t("next"), { act: submit }));
  typed.input.addEventListener("keydown", (event) => event.key === "Enter" && submit().catch((error) => replaceIn(found, faulty(error))));
  const ways = h("div", { class: "ways" }, torch,
    button(t("from-photo"), { icon: "photo", act: () => file.click() }),
    button(t("type"), { icon: "keyboard", act: () => { open.hidden = false; typed.input.focus(); } }));

  if (!query?.get("gtin") && !query?.get("type")) setTimeout(begin);
  else view.hidden = true;
  const title = query?.get("gtin") ? t("which-lot", { product: productName(query.get("gtin")) }) : t(`scan-${purpose}-title`);
  return {
    title,
    body: [view, noCamera, file, found, ways, open],
    back: true,
    leave: () => {
      ended = true;
      camera?.stop();
    },
  };
}

