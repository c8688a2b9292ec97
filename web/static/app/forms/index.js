// The form model of each act by the name of its screen.
import { count } from "./count.js";
import { correct } from "./correct.js";
import { harvest } from "./harvest.js";
import { hold, lift, recall } from "./hold.js";
import { label } from "./label.js";
import { pack, unpack } from "./pack.js";
import { paper } from "./paper.js";
import { payment } from "./payment.js";
import { merge, process, sort, split } from "./process.js";
import { deliver, receive, refuse } from "./receive.js";
import { reject } from "./reject.js";
import { sample } from "./sample.js";
import { ship, voidShipment } from "./ship.js";
import { stock } from "./stock.js";
import { transfer } from "./trade.js";
import { arrive, depart, handover, load, temperature } from "./travel.js";
import { visit } from "./visit.js";

export const models = {
  harvest, process, sort, merge, split, stock, sample, pack, unpack, ship, receive, refuse, deliver, handover, load, depart, arrive, temperature, hold, recall, lift,
  "void-shipment": voidShipment, label, paper, payment, reject, visit, transfer, correct, count,
};
