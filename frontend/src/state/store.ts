/** What the browser keeps of the page: for good, or while its tab is open.
 *
 * A page inside another one may have no store, and a store may be full: then nothing is
 * kept, and the page goes on.
 */
type Store = "browser" | "tab";

export function recall(key: string, store: Store = "browser"): string {
  try {
    return storeOf(store).getItem(key) ?? "";
  } catch {
    return "";
  }
}

export function keep(key: string, value: string, store: Store = "browser"): void {
  try {
    storeOf(store).setItem(key, value);
  } catch {
    // It holds while the page is open.
  }
}

function storeOf(store: Store): Storage {
  return store === "tab" ? sessionStorage : localStorage;
}
