import { sentenceOf } from "../experiment/refusal";
import type { Said } from "../protocol/answers";
import { texts } from "../texts";

/** A sentence of the worker's in the language of the page. */
export function inWords(said: Said | null): string {
  return said ? sentenceOf(texts.sentences, said) : "";
}
