// Questions of a form: which one is open, which stand answered, what never has a default.
//
// A model is {id, icon, questions(ctx, answers), build(ctx, answers), say(ctx, answers), cautions?(ctx, answers)}; all functions are pure, and build may give a promise.
// A question is {id, kind, label, value?, optional?, ...}: `value` is what is known without asking and stands as an answered line.
// What it is not: how a question looks (screens/acts), nor the event (compose.js).

/** Kinds that are measured or judged by a person now: a default would be a claim that nobody made. */
export const NEVER_DEFAULT = new Set(["amount", "count", "value", "verdict", "words", "series", "money", "checklist"]);

/** Questions with their answers, and the first one that is open. */
export function stateOf(model, ctx, answers) {
  const questions = model
    .questions(ctx, answers)
    .filter(Boolean)
    .map((question) => {
      if (question.value !== undefined && NEVER_DEFAULT.has(question.kind)) {
        throw new Error(`${model.id}.${question.id} has a default, but is measured`);
      }
      const given = answers[question.id];
      const value = given === undefined ? question.value : given;
      return { ...question, value, given: given !== undefined, open: value === undefined && !question.optional };
    });
  const open = questions.find((question) => question.open);
  return { questions, open, ready: open === undefined };
}

/**
 * Answers after one is changed: those that depend on it and no longer fit are asked again.
 * A question may name what it depends on in `of`: a changed product asks the amount again, a changed place does not.
 */
export function answered(model, ctx, answers, id, value) {
  const next = { ...answers, [id]: value };
  if (value === undefined) delete next[id];
  for (const question of model.questions(ctx, next).filter(Boolean)) {
    if (question.of?.includes(id) && answers[id] !== value) delete next[question.id];
  }
  const asked = new Set(model.questions(ctx, next).filter(Boolean).map((question) => question.id));
  for (const key of Object.keys(next)) if (!asked.has(key) && !key.startsWith("_")) delete next[key];
  return next;
}

/** Answers with the days that stand: a form that is begun before midnight, and a draft that is opened tomorrow, keep the day. */
export function withDays(model, ctx, answers) {
  const days = stateOf(model, ctx, answers).questions.filter((question) => question.kind === "days" && question.value !== undefined);
  return { ...answers, ...Object.fromEntries(days.map(({ id, value }) => [id, value])) };
}

/** A choice that has only one option answers itself. */
export function choice(id, label, options, more = {}) {
  const only = options.length === 1 ? options[0].value : undefined;
  return { id, kind: "choice", label, options, ...(only === undefined ? {} : { value: only }), ...more };
}
