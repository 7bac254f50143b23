/** A number as formulas and sentences of lessons show it. */
export function shown(value: number, decimal = ".", digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e6 || size < 1e-4)
      ? value.toExponential(1)
      : String(+value.toPrecision(size < 1 ? digits - 1 : digits));
  return text.replace("-", "−").replace(".", decimal);
}

/** A number as a person types it, with a point or a comma; NaN where it is none. */
export function typed(text: string): number {
  const plain = text.trim().replace("−", "-").replace(/\s/g, "").replace("%", "").replace(",", ".");
  return plain === "" ? NaN : Number(plain);
}
