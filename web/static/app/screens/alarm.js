// Why nothing is sent to the node any more, what the phone has as evidence, and how to go on after people found out.

import { bigButton, button, dialog, h, notice, share, technical } from "../ui.js";
import { moment, name, t } from "../i18n.js";
import { go } from "../router.js";
import * as session from "../session.js";
import * as sync from "../sync.js";
import { synchronise } from "../network.js";

export default async function alarm() {
  const found = await sync.alarmOf();
  if (!found) return go("/home");
  const evidence = JSON.stringify(found, null, 1);
  const goOn = async () => {
    const history = found.kind === "history";
    const sure = await dialog(t("alarm-go-on-title"), h("p", {}, t(history ? "alarm-go-on-history" : "alarm-go-on-what")), [
      { label: t("keep"), value: false },
      { label: t("alarm-go-on"), value: true, kind: "danger" },
    ]);
    if (!sure) return;
    await (history ? sync.acceptHistory() : sync.clearAlarm());
    await synchronise();
    go("/home");
  };
  const enroller = name(session.enroller()?.name) || t("the-enroller");
  const send = () => share(new File([evidence], "jejak-alarm.txt", { type: "text/plain" }), t("alarm-title"));
  return {
    title: t("alarm-title"),
    body: [
      notice("bad", t(`alarm-${found.kind}`)),
      h("p", {}, t("alarm-means")),
      h("p", { class: "help" }, moment(found.at)),
      button(t("alarm-go-on"), { act: goOn }),
      technical([[t("alarm-detail"), found.detail], [t("ledger"), found.ledger], [t("alarm-evidence"), evidence.slice(0, 4000)]]),
    ],
    action: bigButton(t("ask-enroller", { enroller }), { act: send, icon: "people" }),
    back: "/home",
  };
}
