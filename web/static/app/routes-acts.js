// The screens of the acts that a village, an inspector or a forwarder records, each loaded when it is shown.

const own = (name) => () => import(`./screens/acts/${name}.js`);

// All acts that are questions one after the other share one screen.
const form = (act) => async () => {
  const { screen } = await import("./screens/acts/form.js");
  return { default: (params, query) => screen(act, params, query) };
};

const acts = [
  "harvest", "process", "sort", "merge", "split", "stock", "sample", "pack", "unpack", "ship", "receive", "refuse", "deliver", "handover", "load", "depart",
  "arrive", "temperature", "hold", "recall", "lift", "void-shipment", "label", "paper", "payment", "reject", "visit", "transfer", "correct",
];

// With goods or a record in the address the form begins with them.
export default [
  ...acts.flatMap((act) => [
    [`/${act}`, form(act)],
    [`/${act}/of/:record`, form(act)],
    [`/${act}/:gtin/:lot`, form(act)],
  ]),
  ["/correct/:key", form("correct")],
  ["/inspect", own("inspect")],
  ["/inspect/:gtin/:lot", own("inspect")],
  ["/retest/:gtin/:lot", own("inspect")],
  ["/retest/:gtin/:lot/:record", own("inspect")],
  ["/draft/:id", own("draft")],
  ["/done/:key", own("done")],
];
