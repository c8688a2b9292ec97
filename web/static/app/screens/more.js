// Everything else that this person's roles record, in the words of the trade.

import { row, rows, section } from "../ui.js";
import { t } from "../i18n.js";
import * as session from "../session.js";

const ACTS = {
  producer: [["harvest", "leaf"], ["process", "flask"], ["sort", "box"], ["merge", "box"], ["split", "box"], ["stock", "disk"], ["pack", "box"], ["unpack", "box"], ["label", "scan"], ["ship", "truck"], ["void-shipment", "close"], ["receive", "box"], ["refuse", "close"], ["paper", "doc"], ["payment", "money"], ["handover", "people"], ["transfer", "people"], ["hold", "hand"], ["lift", "pass"], ["correct", "change"]],
  inspector: [["sample", "flask"], ["inspect", "flask"], ["visit", "people"], ["hold", "hand"], ["lift", "pass"], ["correct", "change"]],
  forwarder: [["receive", "box"], ["load", "truck"], ["depart", "truck"], ["arrive", "pin"], ["temperature", "note"], ["handover", "people"], ["ship", "truck"], ["deliver", "hand"], ["paper", "doc"], ["payment", "money"], ["visit", "people"], ["correct", "change"]],
  receiver: [["receive", "box"], ["refuse", "close"], ["unpack", "box"], ["ship", "truck"], ["void-shipment", "close"], ["paper", "doc"], ["payment", "money"], ["handover", "people"], ["transfer", "people"], ["stock", "disk"], ["hold", "hand"], ["lift", "pass"], ["correct", "change"]],
  enroller: [["hold", "hand"], ["recall", "recall"], ["lift", "pass"], ["visit", "people"]],
  reader: [],
};

export default function more() {
  const homes = session.homes();
  const lists = homes.map((home) => section(t(`home-${home}`), rows(ACTS[home].map(([act, icon]) => row({ icon, title: t(`do-${act}`), to: `/${act}` })))));
  return { title: t("more-title"), body: lists, back: "/home" };
}
