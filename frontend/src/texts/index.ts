import { de } from "./de.ts";
import { en, type Texts } from "./en.ts";
import { language } from "./language.svelte.ts";

const CATALOGUES = { en, de };

/** Every text of the page in the language that is chosen: `texts.learn.next`.
 *
 * What is read while the page is drawn is drawn anew when another language is chosen.
 */
export const texts = Object.defineProperties(
  {},
  Object.fromEntries(
    Object.keys(en).map((area) => [
      area,
      { enumerable: true, get: () => CATALOGUES[language.code][area as keyof Texts] },
    ]),
  ),
) as Texts;
