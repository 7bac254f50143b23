import { readState } from "../experiment/check";
import { Refusal, say } from "../experiment/refusal";
import type { Said } from "../protocol/answers";
import { DEFAULT_STATE, type PlaygroundState } from "../protocol/state";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** What a link holds: a state, or what is wrong with it. */
export type Linked = { state: PlaygroundState } | { wrong: Said };

/** The state as it stands in a link: only what differs from the default. */
export function encodeState(state: PlaygroundState): string {
  const text = JSON.stringify(difference(state as unknown as Json, DEFAULT_STATE as unknown as Json) ?? {});
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** What an address says of a state; null where it says nothing. A link may come from anybody. */
export function decodeState(hash: string): Linked | null {
  const match = /^#?s=(.*)$/s.exec(hash);
  if (!match) return null;
  try {
    const binary = atob(match[1].replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Json;
    return { state: readState(merged(DEFAULT_STATE as unknown as Json, parsed)) };
  } catch (error) {
    return { wrong: error instanceof Refusal ? error.said : say("linkDamaged") };
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function difference(value: Json, from: Json | undefined): Json | undefined {
  if (isObject(value) && isObject(from)) {
    const entries = Object.entries(value)
      .map(([key, item]) => [key, difference(item, from[key])] as const)
      .filter(([, item]) => item !== undefined);
    return entries.length ? (Object.fromEntries(entries) as JsonObject) : undefined;
  }
  return JSON.stringify(value) === JSON.stringify(from) ? undefined : value;
}

/** A value with what a change says of it; what the value has not got is left out. */
export function merged(base: Json, change: Json): Json {
  if (!isObject(base) || !isObject(change)) return change;
  const result: JsonObject = structuredClone(base);
  for (const [key, item] of Object.entries(change)) {
    if (Object.hasOwn(base, key)) result[key] = merged(base[key], item);
  }
  return result;
}
