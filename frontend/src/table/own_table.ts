import { refusal } from "../experiment/refusal.ts";
import { targetColumns, type Examples } from "../experiment/examples.ts";
import type { OwnTable } from "../experiment/table.ts";
import type { ColumnInfo } from "../protocol/answers.ts";
import type { DataState, FileChoice } from "../protocol/state.ts";
import type { Column } from "./columns.ts";
import { encode, encoderOf, levelsOf, type Encoder } from "./encoding.ts";

const FIRST_COLUMNS = 30;
const MAX_INPUTS = 400;
const MAX_TABLE_CLASSES = 32;
/** Whole numbers of so few values are labels, unless the person says otherwise. */
const FEW_NUMBERS = 10;

/** Draws the numbers 0 … n − 1 in a random order, for a seed and a group. */
export type DrawOrder = (seed: number, n: number, group: number) => ArrayLike<number>;

/** A person's own table: its columns chosen, made into features and targets. */
export function ownTable(name: string, sha256: string, columns: Column[], draw: DrawOrder, told = ""): OwnTable {
  const infos: ColumnInfo[] = columns.map(({ name: column, kind, values }) => ({
    name: column,
    kind,
    missing: values.filter((value) => value === null).length,
    usable: kind !== "empty",
  }));
  const usable = infos.filter((column) => column.usable).map((column) => column.name);
  if (usable.length < 2) throw refusal("tableValues", name);
  return {
    name,
    sha256,
    columns: infos,
    firstChoice(): FileChoice {
      const target = usable.includes(told) ? told : usable[usable.length - 1];
      const inputs = usable.filter((column) => column !== target).slice(0, FIRST_COLUMNS);
      return { name, sha256, target, columns: inputs, task: "auto" };
    },
    examples: (state) => examplesOf(name, sha256, columns, state, draw),
  };
}

function examplesOf(name: string, sha256: string, columns: Column[], state: DataState, draw: DrawOrder): Examples {
  const choice = state.file;
  if (choice.sha256 && choice.sha256 !== sha256) {
    throw refusal("tableAnother", name);
  }
  const target = columns.find((column) => column.name === choice.target);
  if (!target || target.kind === "empty") throw refusal("targetMissing", name, choice.target);
  const labelled = target.values.flatMap((value, row) => (value === null ? [] : [row]));
  const task = choice.task === "auto" ? taskOf(target, labelled) : choice.task;
  const classes = task === "classification" ? levelsOf(target.values, labelled) : [];
  checkTarget(target, task, classes, labelled);
  const { train, test } = split(labelled, groupsOf(target, labelled, classes), state, draw);
  const notes =
    labelled.length < target.values.length
      ? [`${target.values.length - labelled.length} rows have no ${target.name} and are left out`]
      : [];
  const encoders = encodersOf(columns, choice, train, notes);
  const part = (rows: number[]) => ({
    features: encode(encoders, rows),
    targets: targetColumns(targetsOf(target, rows, classes), classes.length),
  });
  return {
    ...{ train: part(train), test: part(test), task, classes, notes },
    features: encoders.flatMap((encoder) => encoder.names),
    target: target.name,
  };
}

function taskOf({ kind, values }: Column, rows: number[]): "classification" | "regression" {
  if (kind === "category") return "classification";
  const whole = rows.every((row) => Number.isInteger(values[row]));
  return whole && levelsOf(values, rows).length <= FEW_NUMBERS ? "classification" : "regression";
}

function checkTarget(target: Column, task: string, classes: string[], rows: number[]): void {
  if (rows.length < 2) throw refusal("targetRows", target.name);
  if (task === "regression") {
    if (target.kind === "category") throw refusal("targetTexts", target.name);
    return;
  }
  if (classes.length < 2) throw refusal("targetClass", target.name);
  if (classes.length > MAX_TABLE_CLASSES) {
    throw refusal("targetClasses", target.name, classes.length, MAX_TABLE_CLASSES);
  }
}

function targetsOf({ values }: Column, rows: number[], classes: string[]): number[] {
  if (classes.length === 0) return rows.map((row) => Number(values[row]));
  const places = new Map(classes.map((label, k) => [label, k]));
  return rows.map((row) => places.get(String(values[row]))!);
}

/** The rows of each class; of numbers all are one group. */
function groupsOf({ values }: Column, rows: number[], classes: string[]): number[][] {
  if (classes.length === 0) return [rows];
  return classes.map((label) => rows.filter((row) => String(values[row]) === label));
}

/** Split each group alike, so that both parts have all classes; then mix. */
function split(
  rows: number[],
  groups: number[][],
  { test_share, seed }: DataState,
  draw: DrawOrder,
): { train: number[]; test: number[] } {
  const test = new Set<number>();
  groups.forEach((group, g) => {
    const order = Array.from(draw(seed, group.length, g + 1));
    const count = Math.min(Math.round(group.length * test_share), group.length - 1);
    order.slice(0, count).forEach((place) => test.add(group[place]));
  });
  const mixed = Array.from(draw(seed, rows.length, 0), (place) => rows[place]);
  return { train: mixed.filter((row) => !test.has(row)), test: mixed.filter((row) => test.has(row)) };
}

function encodersOf(columns: Column[], choice: FileChoice, train: number[], notes: string[]): Encoder[] {
  const chosen = columns.filter(({ name }) => choice.columns.includes(name) && name !== choice.target);
  const encoders: Encoder[] = [];
  for (const column of chosen) {
    const encoder = encoderOf(column, train);
    if (typeof encoder === "string") notes.push(encoder);
    else encoders.push(encoder);
  }
  const inputs = encoders.reduce((sum, { names }) => sum + names.length, 0);
  if (inputs > MAX_INPUTS) {
    throw refusal("manyInputs", inputs, MAX_INPUTS);
  }
  return encoders;
}
