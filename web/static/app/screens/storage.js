// How safe the records of this phone are: what the browser promised, how full the phone is, and what frees room.

import { bigButton, button, h, lineButton, notice, toast } from "../ui.js";
import { t } from "../i18n.js";
import { refresh } from "../router.js";
import { show } from "../numbers.js";
import { language } from "../i18n.js";
import * as outbox from "../outbox.js";
import * as store from "../store.js";
import { canInstall, install, installed, persist } from "../pwa.js";
import { shareOutbox } from "./outbox.js";

const tenths = (value) => show(String(Math.round(value * 10) / 10), language());
const megabytes = (bytes) => (bytes < 1e9 ? `${tenths(bytes / 1e6)}\u00a0MB` : `${tenths(bytes / 1e9)}\u00a0GB`);

export default async function storage() {
  await persist();
  const [{ persisted, usage, quota }, { unsent }] = await Promise.all([store.safety(), outbox.summary()]);
  const part = quota > 0 ? usage / quota : 0;
  const state = persisted
    ? notice("good", t("storage-safe"), h("p", {}, t("storage-safe-why")))
    : notice("warn", unsent > 0 ? t("may-be-evicted", { count: unsent }) : t("storage-unsafe"), h("p", {}, installed() ? t("storage-unsafe-installed") : t("storage-unsafe-why")));
  const act = async () => {
    await install();
    await persist();
    refresh();
  };
  const free = async () => {
    const bytes = await outbox.dropSentBlobs();
    toast(t("freed", { size: megabytes(bytes) }));
    refresh();
  };
  const meter = h("div", { class: "meter", "aria-hidden": "true" });
  const fill = h("div");
  fill.style.width = `${Math.max(1, Math.min(100, part * 100))}%`;
  meter.append(fill);
  const body = [
    state,
    part > 0.8 && notice("warn", t("almost-full", { count: unsent })),
    h("div", {}, h("p", {}, t("used", { used: megabytes(usage), quota: megabytes(quota) })), meter),
    unsent > 0 && button(t("share-outbox"), { act: shareOutbox, icon: "share" }),
    button(t("drop-photos"), { act: free, icon: "photo" }),
    !installed() && !canInstall() && lineButton(t("how-to-install"), { to: "/install", icon: "install" }),
  ];
  const action = canInstall() && !installed() ? bigButton(t("install"), { act, icon: "install" }) : bigButton(t("home"), { to: "/home" });
  return { title: t("storage"), body, action, back: "/me" };
}
