// The desk of the authority and the regions: its screens. Those of requests, scanning and the outbox are the field app's own.

import { begin } from "../app/shell.js";
import { alsoRead, name, t } from "../app/i18n.js";
import { h, icon } from "../app/ui.js";
import { shortName } from "../app/names.js";

const desk = (screen) => () => import(`./screens/${screen}.js`);
const app = (screen) => () => import(`../app/screens/${screen}.js`);

// On a phone the icon alone.
const who = (party) => h("a", { class: "who", href: "#/key", "aria-label": `${t("desk-who-signs")} ${party}` }, icon("person"), h("span", {}, party));

alsoRead("desk");
begin({
  routes: [
    ["/", desk("home")],
    ["/home", desk("home")],
    ["/key", desk("key")],
    ["/key/device", desk("device")],
    ["/demo/:number", app("demo")],
    ["/approve", app("approve")],
    ["/approve/:key", app("approve")],
    ["/request/*request", app("approve")],
    ["/scan", app("scan")],
    ["/parties", desk("parties")],
    ["/party/new", desk("enrol")],
    ["/party/:party", desk("party")],
    ["/party/:party/change", desk("enrol")],
    ["/party/:party/numbers", desk("numbers")],
    ["/party/:party/accredit", desk("accredit")],
    ["/party/:party/accredit/:record", desk("accredit")],
    ["/party/:party/certificate", desk("certificate")],
    ["/party/:party/key/:key", desk("endkey")],
    ["/products", desk("products")],
    ["/product/new", desk("product")],
    ["/product/:gtin", desk("product")],
    ["/places", desk("places")],
    ["/place/new", desk("place")],
    ["/place/:gln", desk("place")],
    ["/files", desk("files")],
    ["/outbox", app("outbox")],
    ["/outbox/:key", app("refused")],
    ["/alarm", app("alarm")],
  ],
  open: /^\/(key|alarm|outbox|home|demo)?(\/|$)/,
  first: "/key",
  brand: () => t("desk-title"),
  end: (me, languages) => [me?.party && who(name(me.name) || shortName(me.party)), languages],
  tabs: (unsent) => [
    ["/home", "home", t("desk-today")],
    ["/approve", "phone", t("desk-requests")],
    ["/parties", "people", t("desk-parties")],
    ["/products", "box", t("desk-products")],
    ["/places", "pin", t("desk-places")],
    ["/files", "doc", t("desk-files")],
    ["/outbox", "outbox", t("outbox"), unsent],
  ],
  installs: false,
});
