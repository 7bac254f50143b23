import type { PlaygroundState } from "../protocol";
import { decodeState, encodeState, type Linked } from "./link";

/** Where the tab remembers the link that the page itself wrote last. */
const LINK_KEY = "walnet-link";
/** Where the tab remembers what it was at when it was left. */
const LEFT_KEY = "walnet-left";

/** A link to a state: this page's own address, wherever it is, without what it was asked for. */
export function linkOf(state: PlaygroundState): string {
  return `${location.href.replace(/[?#].*$/s, "")}#s=${encodeState(state)}`;
}

/** What the address says when the page opens: after a reload, where it was left. */
export function linkOnOpening(): Linked | null {
  return decodeState(isOwn() ? (sessionStorage.getItem(LEFT_KEY) ?? location.hash) : location.hash);
}

/** What the address says, unless the page itself wrote it there. */
export function linkFromElsewhere(): Linked | null {
  return isOwn() ? null : decodeState(location.hash);
}

/** Write a link into the address, as the page's own. */
export function writeLink(link: string): void {
  const { hash } = new URL(link);
  sessionStorage.setItem(LINK_KEY, hash);
  sessionStorage.setItem(LEFT_KEY, hash);
  window.history.replaceState(window.history.state, "", hash);
}

/** Remember where the page is left: its address is a second behind. */
export function rememberLeft(link: string): void {
  sessionStorage.setItem(LEFT_KEY, new URL(link).hash);
}

function isOwn(): boolean {
  return location.hash !== "" && location.hash === sessionStorage.getItem(LINK_KEY);
}
