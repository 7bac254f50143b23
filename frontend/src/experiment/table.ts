import type { ColumnInfo } from "../protocol/answers.ts";
import type { DataState, FileChoice } from "../protocol/state.ts";
import type { Examples } from "./examples.ts";

/** The person's own table: read in the page, its columns chosen, made into features. */
export interface OwnTable {
  name: string;
  sha256: string;
  columns: ColumnInfo[];
  /** What to start with. */
  firstChoice(): FileChoice;
  /** The chosen columns as features and targets, split in two; refuses what cannot be learned from. */
  examples(state: DataState): Examples;
}
