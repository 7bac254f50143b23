/** Light or dark: the system's choice until the person makes their own. */
class Theme {
  dark = $state(false);

  constructor() {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const kept = localStorage.getItem("walnet-theme");
    this.#set(kept ? kept === "dark" : system.matches);
    system.addEventListener("change", () => {
      if (!localStorage.getItem("walnet-theme")) this.#set(system.matches);
    });
  }

  toggle(): void {
    this.#set(!this.dark);
    localStorage.setItem("walnet-theme", this.dark ? "dark" : "light");
  }

  #set(dark: boolean): void {
    this.dark = dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  }
}

export const theme = new Theme();
