// Harvest, catch, landing: product, amount, who brought it, days, village, gear.
import { amount, place } from "./ask.js";
import { person, point } from "./commit.js";
import { localDay } from "./context.js";
import { choice } from "./engine.js";
import { harvestLot } from "./lotnumber.js";

/** Products that are picked or caught: not the forms that a process makes of another form. */
function harvested(ctx) {
  const made = (product) =>
    (ctx.profileOf(product.commodity)?.processes ?? []).some((process) =>
      process.conversions.some((way) => way.to.includes(product.form) && !way.from.includes(product.form)),
    );
  const own = ctx.products.filter((product) => !product.makers || product.makers.includes(ctx.own));
  const raw = own.filter((product) => !made(product));
  return raw.length > 0 ? raw : own;
}

const gears = (profile) => Object.keys(profile?.terms ?? {}).filter((term) => term.startsWith("gear-")).map((term) => term.slice(5));

const villageOf = (ctx, gln) => ctx.places.find((one) => one.gln === gln)?.village;

export const harvest = {
  id: "harvest",
  icon: "leaf",

  questions(ctx, a) {
    const products = harvested(ctx);
    const last = ctx.remembered["harvest:product"];
    const options = products.map((one) => ({ value: one.gtin, label: ctx.productName(one.gtin) }));
    const asked = choice("product", "acts-q-product", options, { none: "acts-no-product", ...(products.some((one) => one.gtin === last) ? { value: last } : {}) });
    const gtin = a.product ?? asked.value;
    const product = ctx.product(gtin);
    const profile = ctx.profileOf(product?.commodity);
    const today = localDay(ctx.now, ctx.offset);
    const members = ctx.remembered.members ?? [];
    const gear = gears(profile);
    const lastGear = ctx.remembered[`gear:${gtin}`];
    return [
      asked,
      gtin && amount(ctx, gtin, "amount", { act: "harvest", of: ["product"] }),
      gtin && {
        id: "member", kind: "member", label: "acts-q-member", optional: members.length === 0,
        options: members.map((one) => ({ value: one, label: one })),
      },
      { id: "days", kind: "days", label: "acts-q-days", value: { first: today, last: today } },
      place(ctx),
      // asked once where the register does not say it
      !villageOf(ctx, a.place ?? place(ctx).value) && {
        id: "village", kind: "text", label: "acts-q-village-code", optional: true, pattern: "^[0-9]{2}[.][0-9]{2}[.][0-9]{2}[.][0-9]{4}$",
        ...(ctx.remembered[`village:${a.place ?? place(ctx).value}`] ? { value: ctx.remembered[`village:${a.place ?? place(ctx).value}`] } : {}),
      },
      gear.length > 0 && {
        id: "gear", kind: "choice", label: "acts-q-gear", of: ["product"],
        options: gear.map((value) => ({ value, label: ctx.name(profile.terms[`gear-${value}`]) })),
        ...(gear.includes(lastGear) ? { value: lastGear } : {}),
      },
      { id: "point", kind: "point", label: "acts-q-point", optional: true },
    ];
  },

  build(ctx, a) {
    const product = ctx.product(a.product);
    const { uri } = harvestLot(ctx, product, a.days.last);
    const openings = [];
    let commitment;
    if (a.member) {
      const made = person(a.member, ctx.random(16));
      commitment = made.commitment;
      openings.push(made.opening);
    }
    let plots;
    if (a.point) {
      const made = point(a.point, ctx.random(16));
      plots = [made.commitment];
      openings.push(made.opening);
    }
    return {
      act: "harvest",
      input: {
        lots: [{ lot: uri, amount: a.amount.amount, unit: a.amount.unit }],
        place: a.place, commodity: product.commodity, form: product.form,
        harvestStart: a.days.first, harvestEnd: a.days.last, village: villageOf(ctx, a.place) ?? a.village, gear: a.gear, plots,
        // the ledger takes a commitment only with what it is for
        ...(commitment ? { milestone: "brought-in", commitment } : {}),
        after: ctx.newest([uri]),
      },
      openings,
      remember: {
        "harvest:product": a.product, [`place:${ctx.own}`]: a.place, ...(a.village ? { [`village:${a.place}`]: a.village } : {}), ...(a.gear ? { [`gear:${a.product}`]: a.gear } : {}),
        ...(a.member ? { members: [a.member, ...(ctx.remembered.members ?? []).filter((one) => one !== a.member)].slice(0, 200) } : {}),
      },
    };
  },

  say(ctx, a) {
    const product = ctx.product(a.product);
    return [
      { key: "acts-say-harvest", args: { product: ctx.productName(a.product), lot: harvestLot(ctx, product, a.days.last).number }, amount: a.amount },
      a.member && { key: "acts-say-member", args: { name: a.member } },
      { key: "acts-say-days", days: a.days, args: { place: ctx.name(ctx.places.find((one) => one.gln === a.place)?.name) } },
      a.gear && { key: "acts-say-gear", args: { gear: ctx.name(ctx.profileOf(product.commodity).terms[`gear-${a.gear}`]) } },
    ];
  },
};
