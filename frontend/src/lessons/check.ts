import { evaluate } from "./expression.ts";
import type { Task } from "./lesson.ts";
import type { Quantities } from "./quantities.ts";

/** What the reader did that the network's numbers do not tell. */
export interface Done {
  /** The number that was typed; NaN where none is. */
  answer: number;
  /** Rows that were picked, counted from 1, the last one last. */
  picks: number[];
  sizes: number[];
}

/** Whether the step of a task that comes next is done. */
export function isDone(task: Task, step: number, numbers: Quantities, done: Done): boolean {
  const check = task.steps[step]?.check;
  if (!check) return false;
  const names = { ...numbers, answer: done.answer };
  const functions = {
    /** The rows that were picked last are these, in any order. */
    picked: (...rows: number[]) => +sameSet(done.picks.slice(-rows.length), rows),
    /** The network has these numbers of inputs, neurons and outputs. */
    network: (...sizes: number[]) => +(sizes.join() === done.sizes.join()),
  };
  return evaluate(check, { names, functions }) > 0;
}

function sameSet(some: number[], others: number[]): boolean {
  return some.length === others.length && others.every((each) => some.includes(each));
}
