import { DEFAULT_STATE, type PlaygroundState } from "../protocol";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** The state as it stands in a link: only what differs from the default. */
export function encodeState(state: PlaygroundState): string {
  const text = JSON.stringify(difference(state as unknown as Json, DEFAULT_STATE as unknown as Json) ?? {});
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The state of a link, or null where it holds none that can be read. */
export function decodeState(hash: string): PlaygroundState | null {
  const match = /^#?s=([\w-]+)$/.exec(hash);
  if (!match) return null;
  try {
    const binary = atob(match[1].replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Json;
    return merged(DEFAULT_STATE as unknown as Json, parsed) as unknown as PlaygroundState;
  } catch {
    return null;
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
