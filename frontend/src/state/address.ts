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

/** Write a link into the address, as the page's own. */
export function writeLink(link: string): void {
  const { hash } = new URL(link);
  sessionStorage.setItem(LINK_KEY, hash);
  window.history.replaceState(window.history.state, "", hash);
}
