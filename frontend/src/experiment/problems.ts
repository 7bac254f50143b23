import { sentences } from "../texts/sentences/en.ts";
import type { Problem, Said } from "../protocol/answers.ts";
import { Refusal, say, sentenceOf } from "./refusal.ts";

/** What went wrong, for the page. */
export function problem(said: Said, kind: Problem["kind"], where: Partial<Problem> = {}): Problem {
  return { type: "problem", message: sentenceOf(sentences, said), said, kind, iteration: null, layer: null, ...where };
}

/** What an error says to a person; what is a defect of ours goes to the console. */
export function problemOf(error: unknown, kind: Problem["kind"], otherwise = say("failed")): Problem {
  if (error instanceof Refusal) return problem(error.said, kind);
  if (error instanceof RangeError) return problem(say("noMemory"), kind);
  console.error(error);
  return problem(otherwise, kind);
}
