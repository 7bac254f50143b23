import type { Texts } from "./en.ts";

export const de: Texts = {
  common: {
    language: "Sprache",
    decimal: ",",
    lightColours: "Helle Farben",
    darkColours: "Dunkle Farben",
    undo: "Rückgängig",
    redo: "Wiederholen",
    undoKeys: "Rückgängig (Strg Z)",
    redoKeys: "Wiederholen (Strg Umschalt Z)",
    skip: "Zum Inhalt springen",
    tagline: "ein neuronales Netz, das läuft",
    views: "Ansichten",
    dropTable: "Tabelle fallen lassen, um aus ihr zu lernen, oder eine Lektion, um sie zu öffnen",
  },
  screens: {
    learn: "Lernen",
    play: "Spielen",
    step: "Ein Schritt",
    compare: "Vergleichen",
    take_away: "Mitnehmen",
  },
};
