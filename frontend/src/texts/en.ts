/** What a person reads on the page, by where it stands. A text with something in it that
 * changes is a function. Another language is one more file of the type `Texts`.
 */
export const en = {
  common: {
    language: "Language",
    decimal: ".",
    lightColours: "Light colours",
    darkColours: "Dark colours",
    undo: "Undo",
    redo: "Redo",
    undoKeys: "Undo (Ctrl Z)",
    redoKeys: "Redo (Ctrl Shift Z)",
    skip: "Skip to the page",
    tagline: "a neural network, running",
    views: "Views",
    dropTable: "Drop the table to learn from it, or a lesson to open it",
  },
  screens: {
    learn: "Learn",
    play: "Play",
    step: "One step",
    compare: "Compare",
    take_away: "Take away",
  },
};

export type Texts = typeof en;
