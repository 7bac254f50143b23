import type { PlaygroundState } from "../protocol";
import { decodeState, encodeState } from "./link";

/** Where the tab remembers the link that the page itself wrote last. */
const LINK_KEY = "walnet-link";

export function linkOf(state: PlaygroundState): string {
  return `${location.origin}/#s=${encodeState(state)}`;
}

/** What the address says, unless the page itself wrote it there. */
export function linkFromElsewhere(): PlaygroundState | null {
  return location.hash === sessionStorage.getItem(LINK_KEY) ? null : decodeState(location.hash);
}

const LEFT_KEY = "walnet-left";

/** Note where a page is when it is left: the address may be a moment behind. */
export function noteLeft(link: string): void {
  sessionStorage.setItem(LEFT_KEY, new URL(link).hash);
}

/** Where this page was when it was loaded again; null where it is opened anew. */
export function stateBeforeReload(): PlaygroundState | null {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return navigation?.type === "reload" ? decodeState(sessionStorage.getItem(LEFT_KEY) ?? "") : null;
}

/** Write a link into the address, as the page's own. */
export function writeLink(link: string): void {
  const { hash } = new URL(link);
  sessionStorage.setItem(LINK_KEY, hash);
  window.history.replaceState(window.history.state, "", hash);
}
