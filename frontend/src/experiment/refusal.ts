import type { Said } from "../protocol/answers.ts";
import { sentences, type Sentences } from "../texts/sentences/en.ts";

/** What cannot be done: a sentence of the catalogue, and what it speaks of. */
export class Refusal extends Error {
  readonly said: Said;

  constructor(said: Said) {
    super(sentenceOf(sentences, said));
    this.said = said;
  }
}

export function refusal<Key extends keyof Sentences>(key: Key, ...values: Parameters<Sentences[Key]>): Refusal {
  return new Refusal(say(key, ...values));
}

/** A sentence by its name in the catalogue. */
export function say<Key extends keyof Sentences>(key: Key, ...values: Parameters<Sentences[Key]>): Said {
  return { key, values };
}

/** The sentence in a catalogue. */
export function sentenceOf(catalogue: Sentences, { key, values }: Said): string {
  return (catalogue[key] as (...values: (string | number)[]) => string)(...values);
}
