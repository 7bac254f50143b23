import type { Sentences } from "./en.ts";

export const sentences: Sentences = {
  anotherVersion: () => "Die Seite ist von einer anderen Version: bitte neu laden.",
  notUnderstood: (at, expected, got) => `${at}: erwartet war ${expected}, gekommen ist ${got}.`,
  linkDamaged: () => "Er ist beschädigt oder abgeschnitten.",
  noVectors: () =>
    "Dieser Browser kann den Spielplatz nicht ausführen: er hat kein WebAssembly, oder eines ohne Vektoren. Ein neuerer Browser hat es.",
  notLoaded: () => "Der Motor des Spielplatzes ließ sich nicht laden: bitte die Seite neu laden.",
  noMemory: () => "Das passt nicht in den Speicher.",
  failed: () => "Das ging schief; die Konsole des Browsers sagt, warum.",

  fewTraining: (count) => `Es gibt nur ${count} Trainingsbeispiele.`,
  fewTest: (count) => `Es gibt nur ${count} Testbeispiele.`,
  fewFeatures: (count) => `Es gibt nur ${count} Merkmale, nach denen sortiert werden kann.`,
  noParameter: (index) => `Dieses Netz hat keinen Parameter ${index}.`,
  notFloats: () => "Die Zahlen müssen float32-Werte in base64 sein.",
  parameterCount: (count, given) => `Dieses Netz hat ${count} Parameter; gegeben wurden ${given}.`,
  parameterRange: (most) => `Ein Parameter muss eine Zahl von ${-most} bis ${most} sein.`,
  chooseColumn: () => "Wähle mindestens eine Spalte, aus der gelernt wird.",
  rowLengths: (name) => `${name} hat Zeilen verschiedener Länge.`,
  noLink: (layer, neuron, input) =>
    `Dieses Netz hat keinen solchen Parameter: Schicht ${layer}, Neuron ${neuron}, Eingang ${input}.`,
  manyChanges: (most) => `Ein Lauf hält bis zu ${most} Änderungen von Hand: geh zurück, oder fang neu an.`,
  twoPoints: () => "Setz mindestens zwei Punkte auf die Karte, um mit ihnen zu trainieren.",
  manyClasses: (most, found) => `Es gibt bis zu ${most} Klassen, 0 bis ${most - 1}: keine Klasse ${found}.`,
  noDerived: (text, features) => `Ein Eingang „${text}“ lässt sich aus diesen ${features} Merkmalen nicht machen.`,

  diverged: (iteration, layer) =>
    `Die Kosten wurden bei Iteration ${iteration} NaN oder unendlich, zuerst in Schicht ${layer}: verkleinere die Lernrate.`,
  epochsDone: (count) => `Angehalten nach ${count} Epochen, wie gewünscht.`,
  costReached: (cost) => `Angehalten: die Trainingskosten sind höchstens ${cost}.`,
  accuracyReached: (percent) => `Angehalten: ${percent} % der Trainingsbeispiele sind richtig.`,
  plateau: (epochs) => `Pause: die Trainingskosten sind seit ${epochs} Epochen nicht besser geworden.`,

  reading: (name) => `${name} wird gelesen …`,
  tableUnread: (name) => `${name} lässt sich nicht als Tabelle lesen.`,
  tableMissing: (name) =>
    `Zieh ${name || "die Tabelle"} noch einmal auf die Seite: ein Link enthält ihre Zeilen nicht.`,
  tableAnother: (name) =>
    `${name} ist nicht die Tabelle, mit der dieser Link gemacht wurde; zieh jene auf die Seite, oder wähl das Ziel neu.`,
  tableLarge: (name, most) => `${name} ist größer als die ${most} MB, die der Spielplatz nimmt.`,
  tableUnpacks: (name, most) => `${name} ist entpackt größer als die ${most} MB, die der Spielplatz nimmt.`,
  tableEmpty: (name) => `${name} ist leer.`,
  tableParquet: (name) => `${name} ist eine Parquet-Datei; die Seite liest Text wie CSV. ${byPython}.`,
  tableArchive: (name) => `${name} ist eine Arbeitsmappe oder ein Archiv; die Seite liest Text wie CSV. ${byPython}.`,
  tableArrow: (name) => `${name} ist eine Arrow-Datei; die Seite liest Text wie CSV. ${byPython}.`,
  tableDamaged: (name) => `${name} lässt sich nicht lesen: die gzip-Datei ist beschädigt oder abgeschnitten.`,
  tableBytes: (name) => `${name} ist keine Tabelle: sie enthält Bytes, die kein Text sind.`,
  tableRows: (name) => `${name} hat keine Zeilen unter einer Zeile mit Namen.`,
  tableColumn: (name) =>
    `${name} hat eine Spalte: Merkmale und ein Ziel sind mindestens zwei, mit Kommas, Strichpunkten oder Tabulatoren dazwischen.`,
  tableSize: (name, rows, columns, mostRows, mostColumns, cells) =>
    `${name} hat ${rows} Zeilen und ${columns} Spalten oder mehr; der Spielplatz nimmt ${mostRows} Zeilen, ` +
    `${mostColumns} Spalten und ${cells} Zellen. Trainiere damit mit \`walnet train\`.`,
  tableValues: (name) => `${name} hat keine zwei Spalten mit Werten, aus denen zu lernen wäre.`,
  tableHandedOut: () => "Die Tabelle, die ausgegeben wurde, ist keine.",
  targetMissing: (name, target) => `${name} hat keine Spalte ${target}, die vorherzusagen wäre.`,
  targetRows: (target) => `${target} hat weniger als zwei Zeilen mit einem Wert: wähl ein anderes Ziel.`,
  targetTexts: (target) => `${target} enthält Texte: das lässt sich nur als Klassen lernen.`,
  targetClass: (target) => `${target} hat nur eine Klasse: wähl ein anderes Ziel.`,
  targetClasses: (target, count, most) =>
    `${target} hat ${count} Klassen; der Spielplatz zeigt bis zu ${most}: wähl ein anderes Ziel, oder Regression.`,
  manyInputs: (count, most) =>
    `Diese Spalten machen ${count} Eingänge; der Spielplatz zeigt bis zu ${most}: wähl weniger.`,
  noInputs: () => "Aus keiner der gewählten Spalten lässt sich lernen: wähl andere.",
};

const byPython = "`walnet play` liest sie, mit dem Namen der Datei gestartet";
