// The screens of the acts that a village, an inspector or a forwarder records, each loaded when it is shown.

const form = (name) => () => import(`./screens/acts/${name}.js`);

// With goods in the address the form begins with them.
const acts = [
  "harvest", "process", "sort", "merge", "split", "stock", "sample", "pack", "unpack", "ship", "receive", "refuse", "handover", "load", "depart",
  "arrive", "temperature", "hold", "recall", "lift", "void-shipment",
];

export default [
  ...acts.flatMap((act) => [
    [`/${act}`, form(act)],
    [`/${act}/of/:record`, form(act)],
    [`/${act}/:gtin/:lot`, form(act)],
  ]),
  ["/inspect/:gtin/:lot", form("inspect")],
  ["/retest/:gtin/:lot/:record", form("inspect")],
  ["/inspect", form("inspect")],
  ["/correct", form("correct")],
  ["/correct/:seq", form("correct")],
  ["/draft/:id", form("draft")],
  ["/done/:seq", form("done")],
];
