import type { PlaygroundState } from "../protocol";
import { decodeState, encodeState } from "./link";

/** Where the tab remembers its session, and the link that the page itself wrote last. */
const [SESSION_KEY, LINK_KEY] = ["walnet-session", "walnet-link"];

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

export function rememberSession(session: string): void {
  sessionStorage.setItem(SESSION_KEY, session);
}

/** The session of this tab, where it had one. */
export function rememberedSession(): string {
  return sessionStorage.getItem(SESSION_KEY) ?? "";
}
