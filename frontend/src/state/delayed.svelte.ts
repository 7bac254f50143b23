/** Work that is done a little later: once, for all that asked for it until then. */
export class Delayed {
  #waits = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #work: () => void;

  constructor(work: () => void) {
    this.#work = work;
  }

  /** Whether it was asked for and is not done yet. */
  get waits(): boolean {
    return this.#waits;
  }

  /** Do it so many milliseconds after it is asked for first. */
  within(milliseconds: number): void {
    if (this.#timer === undefined) this.#start(milliseconds);
  }

  /** Do it once nobody has asked for it for so many milliseconds. */
  afterRest(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#start(milliseconds);
  }

  /** Do it now, where it waits. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waits = false;
    this.#work();
  }

  #start(milliseconds: number): void {
    this.#timer = setTimeout(() => this.flush(), milliseconds);
    this.#waits = true;
  }
}
