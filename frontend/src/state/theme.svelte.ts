import { keep, recall } from "./store";

/** Light or dark: the system's choice until the person makes their own. */
class Theme {
  dark = $state(false);

  constructor() {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const kept = recall("walnet-theme");
    this.#set(kept ? kept === "dark" : system.matches);
    system.addEventListener("change", () => {
      if (!recall("walnet-theme")) this.#set(system.matches);
    });
  }

  toggle(): void {
    this.#set(!this.dark);
    keep("walnet-theme", this.dark ? "dark" : "light");
  }

  /** Be as what the page is in. */
  follow(dark: boolean): void {
    if (!recall("walnet-theme")) this.#set(dark);
  }

  #set(dark: boolean): void {
    this.dark = dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  }
}

export const theme = new Theme();
