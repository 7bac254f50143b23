import type { PlaygroundState } from "../protocol/state";
import { decodeState, encodeState, type Linked } from "./link";
import { keep, recall } from "./store";

/** Where the tab remembers what the page itself wrote into its address last. */
const LINK_KEY = "walnet-link";
/** Where it remembers what was shown when the page was left. */
const LEFT_KEY = "walnet-left";

/** At the end of an address: the page is part of another one, and has no header. */
export const EMBED_END = "&embed";
const EMBED = /&embed$/;
export const isEmbedded = EMBED.test(location.hash);

/** Where links lead: to this page, unless it has no address of its own. */
let home = ownAddress();

/** The address of this page, without what it shows; empty inside a document that has none. */
function ownAddress(): string {
  const address = new URL(location.href);
  address.search = address.hash = "";
  return /^(https?|file):$/.test(address.protocol) ? address.href : "";
}

/** Let links lead to the page at another address. */
export function linkTo(address: string): void {
  if (/^https?:\/\//.test(address)) home = address.split("#")[0];
}

/** A link to the page at what a hash says; empty where there is no address to lead to. */
export function linkOf(hash: string): string {
  return home && home + hash;
}

export function hashOf(state: PlaygroundState): string {
  return `#s=${encodeState(state)}`;
}

/** What is in the address; that the page is shown without its header is no part of it. */
export function hashHere(): string {
  return location.hash.replace(EMBED, "");
}

/** What the address says when the page opens: after a reload, where it was left. */
export function linkOnOpening(): Linked | null {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const left = navigation?.type === "reload" ? recall(LEFT_KEY, "tab") : "";
  return decodeState(left || hashHere());
}

/** What the address says, unless the page itself wrote it there. */
export function linkFromElsewhere(): Linked | null {
  const hash = hashHere();
  return hash === recall(LINK_KEY, "tab") ? null : decodeState(hash);
}

/** Note where a page is when it is left: the address may be a moment behind. */
export function noteLeft(state: PlaygroundState): void {
  keep(LEFT_KEY, hashOf(state), "tab");
}

/** Write a state into the address, as the page's own. */
export function writeState(state: PlaygroundState): void {
  const hash = hashOf(state);
  keep(LINK_KEY, hash, "tab");
  writeAddress(window.history.state, hash);
}

/** Write into the address; `enter` makes an entry that the browser's Back leads from. */
export function writeAddress(entry: unknown, hash: string, enter = false): void {
  const address = hash ? hash + (isEmbedded ? EMBED_END : "") : location.pathname;
  try {
    if (enter) window.history.pushState(entry, "", address);
    else window.history.replaceState(entry, "", address);
  } catch {
    // A page inside another one may have no address to write to.
  }
}
