/** Rows as text with commas; what is no number is left empty. */
export function csv(names: readonly string[], rows: Iterable<readonly (number | string)[]>): string {
  const lines = [names.map(quoted).join(",")];
  for (const row of rows) lines.push(row.map(cell).join(","));
  return `${lines.join("\n")}\n`;
}

function cell(value: number | string): string {
  if (typeof value === "string") return value;
  return Number.isNaN(value) ? "" : String(value);
}

function quoted(name: string): string {
  return /[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
