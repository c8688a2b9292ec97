// The field app: its screens, and what may be seen of it before there is a key on this phone.

import { begin } from "./shell.js";
import { t } from "./i18n.js";
import { h, icon } from "./ui.js";
import routes from "./routes.js";
import acts from "./routes-acts.js";

begin({
  routes: [...routes, ...acts],
  open: /^\/(start|alarm|invite|request|demo|lost|outbox|me|look|scan|lot|import|home|storage|install|way)(\/|$)/,
  first: "/start",
  brand: () => "Jejak",
  end: (me, languages) => (me?.party ? h("a", { class: "icon-button", href: "#/me", "aria-label": t("me") }, icon("person")) : languages),
  tabs: (unsent) => [["/home", "home", t("home")], ["/scan", "scan", t("scan")], ["/outbox", "outbox", t("outbox"), unsent]],
  installs: true,
});
