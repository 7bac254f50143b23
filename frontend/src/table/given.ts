// Examples that a notebook has: numbers that the network takes as they are.
import type { Matrix } from "../experiment/arrays.ts";
import { targetColumns, type Examples, type Part } from "../experiment/examples.ts";
import { floatsOf } from "../experiment/packing.ts";
import { refusal } from "../experiment/refusal.ts";
import type { OwnTable } from "../experiment/table.ts";
import type { DataState, FileChoice } from "../protocol/state.ts";
import { checkSize } from "./cells.ts";

interface Given {
  name: string;
  features: string[];
  /** Empty where the target is a number. */
  classes: string[];
  target: string;
  train: PackedRows;
  test: PackedRows;
}

/** float32 values in base64: X row by row, y a number or a class of each row. */
interface PackedRows {
  X: string;
  y: string;
}

/** A table of examples: nothing is scaled, mixed or split. */
export function givenExamples(text: string, sha256: string): OwnTable {
  const given = JSON.parse(text) as Given;
  const { name, features, target, classes } = given;
  const [train, test] = [rowsOf(given, given.train), rowsOf(given, given.test)];
  const choice: FileChoice = { name, sha256, target, columns: features, task: "auto" };
  return {
    ...{ name, sha256 },
    columns: features.map((feature) => ({ name: feature, kind: "number", missing: 0, usable: true })),
    firstChoice: () => structuredClone(choice),
    examples(state: DataState): Examples {
      const chosen = features.flatMap((feature, k) => (state.file.columns.includes(feature) ? [k] : []));
      if (chosen.length === 0) throw refusal("chooseColumn");
      const part = ({ features: all, targets }: Part) => ({ features: columnsOf(all, chosen), targets });
      return {
        ...{ train: part(train), test: part(test), classes, target, notes: [] },
        task: classes.length ? "classification" : "regression",
        features: chosen.map((k) => features[k]),
      };
    },
  };
}

function rowsOf({ name, features, classes }: Given, { X, y }: PackedRows): Part {
  const [values, targets] = [Float64Array.from(floatsOf(X)), floatsOf(y)];
  checkSize(name, targets.length, features.length);
  if (values.length !== targets.length * features.length) throw refusal("rowLengths", name);
  return {
    features: { values, rows: targets.length, columns: features.length },
    targets: targetColumns(targets, classes.length),
  };
}

function columnsOf({ values, rows, columns }: Matrix, chosen: readonly number[]): Matrix {
  const taken = new Float64Array(rows * chosen.length);
  for (let i = 0; i < rows; i++) chosen.forEach((k, at) => (taken[i * chosen.length + at] = values[i * columns + k]));
  return { values: taken, rows, columns: chosen.length };
}
