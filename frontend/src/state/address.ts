import type { PlaygroundState } from "../protocol";
import { decodeState, encodeState, type Linked } from "./link";

/** Where the tab remembers its address, and what it was at, when it was left. */
const ADDRESS_KEY = "walnet-address";
const LEFT_KEY = "walnet-left";
/** The address that the page has taken up, or has written itself. */
let known = "";

/** A link to a state: this page's own address, wherever it is, without what it was asked for. */
export function linkOf(state: PlaygroundState): string {
  return `${location.href.replace(/[?#].*$/s, "")}#s=${encodeState(state)}`;
}

/** What the address says when the page opens: after a reload, where it was left. */
export function linkOnOpening(): Linked | null {
  knowAddress();
  const isLeft = known !== "" && known === sessionStorage.getItem(ADDRESS_KEY);
  return decodeState(isLeft ? (sessionStorage.getItem(LEFT_KEY) ?? known) : known);
}

/** What the address says, unless the page itself wrote it there. */
export function linkFromElsewhere(): Linked | null {
  if (location.hash === known) return null;
  knowAddress();
  return decodeState(known);
}

/** Write a link into the address, as the page's own. */
export function writeLink(link: string): void {
  window.history.replaceState(window.history.state, "", new URL(link).hash);
  knowAddress();
}

/** Take the address as it is now for the page's own. */
export function knowAddress(): void {
  known = location.hash;
}

/** Remember where the page is left: its address is a second behind. */
export function rememberLeft(link: string): void {
  sessionStorage.setItem(ADDRESS_KEY, known);
  sessionStorage.setItem(LEFT_KEY, new URL(link).hash);
}
