// The screens other than the forms of acts (routes-acts.js), each loaded when it is shown.

const screen = (name) => () => import(`./screens/${name}.js`);

export default [
  ["/", screen("home")],
  ["/home", screen("home")],
  ["/start", screen("start")],
  ["/start/:step", screen("start")],
  ["/invite/*invitation", screen("enrol")],
  ["/enrol", screen("enrol")],
  ["/enrol/:step", screen("enrol")],
  ["/way", screen("way")],
  ["/way/:step", screen("way")],
  ["/more", screen("more")],
  ["/install", screen("install")],
  ["/demo/:number", screen("demo")],
  ["/approve", screen("approve")],
  ["/approve/:key", screen("approve")],
  ["/request/*request", screen("approve")],
  ["/scan", screen("scan")],
  ["/lot/:gtin/:lot", screen("lot")],
  ["/shipments", screen("shipments")],
  ["/shipment/:record", screen("shipment")],
  ["/outbox", screen("outbox")],
  ["/outbox/:key", screen("refused")],
  ["/conflict/:key", screen("conflict")],
  ["/alarm", screen("alarm")],
  ["/storage", screen("storage")],
  ["/lost", screen("lost")],
  ["/lost/:key", screen("lost")],
  ["/me", screen("me")],
  ["/me/:part", screen("me")],
];
