import { keep, recall } from "../state/store";

/** The languages that the page has, by their codes, each under its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "walnet-language";

/** The language of the page: the person's choice, else the browser's, else English. */
class CurrentLanguage {
  code = $state<Language>(known(recall(KEY)) ?? preferred());

  constructor() {
    document.documentElement.lang = this.code;
  }

  choose(code: Language): void {
    this.code = code;
    document.documentElement.lang = code;
    keep(KEY, code);
  }
}

function preferred(): Language {
  for (const tag of navigator.languages) {
    const code = known(tag.split("-")[0]);
    if (code) return code;
  }
  return "en";
}

function known(code: string): Language | undefined {
  return Object.hasOwn(LANGUAGES, code) ? (code as Language) : undefined;
}

export const language = new CurrentLanguage();
