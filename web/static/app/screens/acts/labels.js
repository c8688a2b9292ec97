// The addresses of serial labels that this phone issued, for whoever prints them: they are nowhere else.
import { share, toast } from "../../ui.js";
import { t } from "../../i18n.js";
import { path } from "../../router.js";
import * as kept from "../../kept.js";
import * as session from "../../session.js";
import { setting } from "../../store.js";
import { lotParts } from "../../uris.js";

// What was refused or given up issued nothing.
const GONE = ["draft", "refused", "abandoned"];

/** The serials of a lot whose issues stand, in the order of the issues. */
export async function issued(lot) {
  const [openings, list] = await Promise.all([setting("openings"), kept.list()]);
  const roots = new Set(list.filter((row) => row.act === "label" && !GONE.includes(row.state)).map((row) => JSON.parse(row.payload)["jejak:serials"]["jejak:root"]));
  return (openings ?? []).filter((one) => one.purpose === "serials" && one.of === lot && roots.has(one.commitment)).flatMap((one) => one.value);
}

/** Hands out their addresses, one a line, as programs that print labels read them. */
export async function shareAddresses(lot, serials) {
  const { gtin, number } = lotParts(lot);
  const node = session.me()?.node || location.origin;
  const lines = serials.map((serial) => `${node}${path`/01/${gtin}/10/${number}/21/${serial}`}\n`);
  const how = await share(new File(lines, `label-${number}.txt`, { type: "text/plain" }), t("label-addresses", { count: serials.length }));
  if (how !== "cancelled") toast(how === "shared" ? t("label-shared") : t("label-saved"));
}
