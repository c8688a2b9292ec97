// The places of the ledger by number.

import { row } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { isolated } from "../../app/names.js";
import { path } from "../../app/router.js";
import { numbered } from "./products.js";

export default function places() {
  return numbered({
    title: t("desk-places"), list: "/places", add: t("desk-new-place"), to: "/place/new",
    says: (one, nameOf) => [...Object.values(one.name), one.gln, nameOf(one.owner), one.region?.name, one.region?.code],
    line: (one, nameOf) => row({ icon: "pin", title: name(one.name) || one.gln, note: [t(`desk-kind-${one.kind}`), one.region && isolated(one.region.name), one.gln, nameOf(one.owner)].filter(Boolean).join(" · "), to: path`/place/${one.gln}` }),
  });
}
