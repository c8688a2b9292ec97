// From answers to the event that is signed: through the writer of the core (events.js), with the members that only forms add.
import { event } from "../events.js";
import { placeUri, recordUri, ssccUri } from "./context.js";
import { stateOf } from "./engine.js";

/** Values of all questions, defaults included. */
export function complete(model, ctx, answers) {
  const { questions } = stateOf(model, ctx, answers);
  const values = Object.fromEntries(questions.filter((one) => one.value !== undefined).map((one) => [one.id, one.value]));
  return { ...answers, ...values };
}

const evidence = ({ blake3, mediaType, bytes, documentType, title, access, number, issuer, from, until }) => ({ blake3, mediaType, bytes, documentType, title, access, number, issuer, from, until });

/** What the outbox keeps of an answered form: {act, input} for the writer of events, places and containers as URIs. */
export function draftOf(built) {
  const input = { ...built.input };
  if (input.place) input.place = placeUri(input.place);
  if (input.containers) input.containers = input.containers.map(ssccUri);
  for (const name of ["shipment", "lifts", "replaces", "rejects"]) if (input[name]) input[name] = recordUri(input[name]);
  if (built.evidence?.length) input.evidence = built.evidence.map(evidence);
  return { act: built.act, input };
}

/** The event, for tests and for what is shown before signing. */
export const compose = (built, { id, time }) => {
  const { act, input } = draftOf(built);
  return event(act, input, { id, time });
};
