// The first screen of a phone: what the app is for, and its key. Says what the browser lacks before anything is made.

import { bigButton, button, h, lineButton, notice, rows, row } from "../ui.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import * as session from "../session.js";
import { createKey, support } from "../key.js";
import { ledgerHere } from "../network.js";
import { persist } from "../pwa.js";

// Makes the key of this phone, once; all that leads to a key comes here.
export async function makeKey() {
  const me = session.me();
  if (me?.party) return me;
  // a key that asked nobody yet goes by the ledger that is here now
  if (me?.key) return ledgerHere().then(session.update, () => me);
  const here = await ledgerHere();
  const { public: key, weak } = await createKey();
  persist().catch(() => {});
  return session.update({ ...here, key, weak, purpose: "event", enrolled: false });
}

// The address over https, for who came over http.
const secure = () => `https://${location.host}${location.pathname}${location.hash}`;

// What this browser lacks for signing: a notice, or null.
export async function lacking() {
  if (!isSecureContext) {
    return notice("bad", t("no-https"), h("p", {}, t("no-https-why")), h("a", { class: "button plain", href: secure() }, h("span", {}, t("try-https"))));
  }
  if (!("indexedDB" in globalThis)) return notice("bad", t("no-storage"), h("p", {}, t("no-storage-why")));
  return null;
}

export default async function start({ step }) {
  const me = session.me();
  if (me?.key && me.party) return go(me.enrolled ? "/home" : "/enrol/wait");
  if (me?.key) return go("/enrol");
  if (step === "move") return move();
  const lack = await lacking();
  const weak = !lack && (await support()) === "weak";
  const make = async () => {
    await makeKey();
    go("/enrol");
  };
  const body = [
    h("p", { class: "lead" }, t("start-key")),
    lack,
    weak && notice("warn", t("weak-key"), h("p", {}, t("weak-key-why"))),
    !lack && lineButton(t("way-see"), { to: "/way", icon: "doc" }),
    !lack && lineButton(t("move-from"), { to: "/start/move", icon: "phone" }),
    lineButton(t("hand-in"), { to: "/lost/file", icon: "outbox" }),
  ];
  const action = lack ? null : bigButton(weak ? t("make-key-anyway") : t("make-key"), { act: make, icon: "key" });
  return { title: t("start-title"), body, action };
}

// From another phone of the same person: the old phone signs the new key.
function move() {
  const steps = ["move-1", "move-2", "move-3"].map((key, i) => row({ title: t(key), icon: ["phone", "scan", "key"][i] }));
  const action = bigButton(t("make-key-scan"), {
    icon: "scan",
    act: async () => {
      await makeKey();
      go("/scan?for=invitation");
    },
  });
  return { title: t("move-title"), body: [rows(steps), button(t("without-old"), { to: "/lost" })], action, back: "/start" };
}
