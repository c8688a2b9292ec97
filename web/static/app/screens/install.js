// Asks to install the app: then the browser keeps its records when the phone is full, and it has a place on the phone.

import { bigButton, h, lineButton, notice, row, rows } from "../ui.js";
import { t } from "../i18n.js";
import { go } from "../router.js";
import { canInstall, install, installed, persist } from "../pwa.js";

export default async function show() {
  const safe = await persist();
  if (installed()) {
    return { title: t("installed"), body: notice(safe ? "good" : "warn", safe ? t("storage-safe") : t("storage-unsafe")), action: bigButton(t("home"), { to: "/home" }), back: "/home" };
  }
  const why = [row({ icon: "disk", title: t("install-why-1") }), row({ icon: "cloud", title: t("install-why-2") }), row({ icon: "home", title: t("install-why-3") })];
  const apple = /iPhone|iPad/.test(navigator.userAgent);
  const steps = apple ? t("install-apple") : t("install-menu");
  const act = async () => {
    if (await install()) {
      await persist();
      go("/home");
    }
  };
  return {
    title: t("install-title"),
    body: [rows(why), !canInstall() && h("p", { class: "lead" }, steps), lineButton(t("later"), { to: "/home" })],
    action: canInstall() ? bigButton(t("install"), { act, icon: "install" }) : bigButton(t("home"), { to: "/home" }),
    back: "/home",
  };
}
