import { getContext, setContext } from "svelte";
import type { Playground } from "./playground.svelte";

const KEY = Symbol("playground");

export function providePlayground(playground: Playground): Playground {
  return setContext(KEY, playground);
}

export function usePlayground(): Playground {
  return getContext<Playground>(KEY);
}
