/** What the worker says of what cannot be done, and of why a run paused: the page puts it
 * into the language that is chosen.
 */
export const sentences = {
  anotherVersion: () => "The page is of another version: reload it.",
  notUnderstood: (at: string, expected: string, got: string) => `${at} must be ${expected}, got ${got}.`,
  linkDamaged: () => "It is damaged or cut short.",
  noVectors: () =>
    "This browser cannot run the playground: it has no WebAssembly, or one without vectors. A newer browser has it.",
  notLoaded: () => "The playground's engine could not be loaded: reload the page.",
  noMemory: () => "That does not fit into the memory.",
  failed: () => "That failed; the browser's console says why.",

  fewTraining: (count: number) => `There are only ${count} training examples.`,
  fewTest: (count: number) => `There are only ${count} test examples.`,
  fewFeatures: (count: number) => `There are only ${count} features to sort by.`,
  noParameter: (index: number) => `This network has no parameter ${index}.`,
  notFloats: () => "The numbers must be float32 values in base64.",
  parameterCount: (count: number, given: number) => `This network has ${count} parameters; ${given} were given.`,
  parameterRange: (most: number) => `A parameter must be a number from ${-most} to ${most}.`,
  chooseColumn: () => "Choose at least one column to learn from.",
  rowLengths: (name: string) => `${name} has rows of other lengths.`,
  noLink: (layer: number, neuron: number, input: number) =>
    `This network has no such parameter: layer ${layer}, neuron ${neuron}, input ${input}.`,
  manyChanges: (most: number) => `A run holds up to ${most} changes by hand: go back, or reset.`,
  twoPoints: () => "Put at least two points on the map to train on them.",
  manyClasses: (most: number, found: number) => `There are up to ${most} classes, 0 to ${most - 1}: no class ${found}.`,
  noDerived: (text: string, features: number) => `An input "${text}" cannot be made of these ${features} features.`,

  diverged: (iteration: number, layer: number) =>
    `The cost became NaN or infinite at iteration ${iteration}, first in layer ${layer}: lower the learning rate.`,
  epochsDone: (count: string) => `Stopped after ${count} epochs, as asked.`,
  costReached: (cost: number) => `Stopped: the training cost is at most ${cost}.`,
  accuracyReached: (percent: number) => `Stopped: ${percent} % of the training examples are right.`,
  plateau: (epochs: string) => `Paused: the training cost has not improved for ${epochs} epochs.`,

  reading: (name: string) => `Reading ${name} …`,
  tableUnread: (name: string) => `${name} cannot be read as a table.`,
  tableMissing: (name: string) => `Drop ${name || "the table"} on the page again: a link does not carry its rows.`,
  tableAnother: (name: string) =>
    `${name} is not the table that this link was made with; drop that one, or choose the target again.`,
  tableLarge: (name: string, most: number) => `${name} is larger than the ${most} MB that the playground takes.`,
  tableUnpacks: (name: string, most: number) =>
    `${name} unpacks to more than the ${most} MB that the playground takes.`,
  tableEmpty: (name: string) => `${name} is empty.`,
  tableParquet: (name: string) => `${name} is a Parquet file; the page reads text such as CSV. ${byPython}.`,
  tableArchive: (name: string) => `${name} is a workbook or an archive; the page reads text such as CSV. ${byPython}.`,
  tableArrow: (name: string) => `${name} is an Arrow file; the page reads text such as CSV. ${byPython}.`,
  tableDamaged: (name: string) => `${name} cannot be read: the gzip file is damaged or cut short.`,
  tableBytes: (name: string) => `${name} is not a table: it has bytes in it that are no text.`,
  tableRows: (name: string) => `${name} has no rows under a line with names.`,
  tableColumn: (name: string) =>
    `${name} has one column: features and a target are two at least, with commas, semicolons or tabs between them.`,
  tableSize: (name: string, rows: string, columns: number, mostRows: string, mostColumns: number, cells: string) =>
    `${name} has ${rows} rows and ${columns} columns or more; the playground takes ${mostRows} rows, ` +
    `${mostColumns} columns and ${cells} cells. Train on it with \`walnet train\`.`,
  tableValues: (name: string) => `${name} has no two columns with values to learn from.`,
  tableHandedOut: () => "The table that was handed out is none.",
  targetMissing: (name: string, target: string) => `${name} has no column ${target} to predict.`,
  targetRows: (target: string) => `${target} has fewer than two rows with a value: choose another target.`,
  targetTexts: (target: string) => `${target} holds texts: it can be learned as classes only.`,
  targetClass: (target: string) => `${target} has one class only: choose another target.`,
  targetClasses: (target: string, count: number, most: number) =>
    `${target} has ${count} classes; the playground shows up to ${most}: choose another target, or regression.`,
  manyInputs: (count: number, most: number) =>
    `These columns make ${count} inputs; the playground shows up to ${most}: choose fewer.`,
  noInputs: () => "None of the chosen columns can be learned from: choose others.",
};

const byPython = "`walnet play` reads it, started with the file's name";

export type Sentences = typeof sentences;
