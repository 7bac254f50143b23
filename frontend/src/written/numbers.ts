// Numbers as they are printed: rounded copies, never what is computed with.

/** From so many decimals on, every digit of a number is printed. */
const EXACT = 17;

/** A number as text, rounded to so many decimals.
 *
 * One too small for them gets so many digits instead. Where nothing is lost, zeros at the
 * end are left out, so that 0.5 and a target of 1 read as they are.
 */
export function plain(number: number, decimals: number, single = false): string {
  const size = Math.abs(number);
  if (!Number.isFinite(size)) return Number.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
  if (decimals >= EXACT) return everyDigit(number, single);
  let digits = fixed(number, decimals);
  if (size > 0 && size < 10 ** ((-2 * decimals) / 3)) digits = number.toExponential(decimals - 1);
  if (size >= 1e7) digits = number.toExponential(Math.max(decimals, 6));
  return shorter(digits, number);
}

/** The number that `plain` prints. */
export function rounded(number: number, decimals: number, single = false): number {
  const text = plain(number, decimals, single);
  return text.endsWith("nan") ? NaN : text.endsWith("inf") ? number : Number(text);
}

/** Mantissa and power of ten as people write them: ["−1.2", "−5"]. */
export function parts(number: number, decimals: number, single = false): [string, string] {
  const [mantissa, exponent] = plain(number, decimals, single).split("e");
  const power = exponent === undefined ? "" : String(Number(exponent));
  return [mantissa.replaceAll("-", "−"), power.replaceAll("-", "−")];
}

/** The shortest digits that read back as the same number, of float32 or float64. */
function everyDigit(number: number, single: boolean): string {
  if (number === 0) return "0";
  if (!single) return number.toString().replace("e+", "e");
  for (let digits = 1; digits < 9; digits++) {
    const text = number.toPrecision(digits);
    if (Math.fround(Number(text)) === number) return Number(text).toString().replace("e+", "e");
  }
  return Number(number.toPrecision(9)).toString().replace("e+", "e");
}

/** As `toFixed`, but halves go to the even digit, as Python's do. */
function fixed(number: number, decimals: number): string {
  const exact = number.toFixed(decimals + 30);
  const cut = exact.length - 30;
  if (!/^50*$/.test(exact.slice(cut))) return number.toFixed(decimals);
  const below = exact.slice(0, cut);
  return Number(below.at(-1)) % 2 === 0 ? below : number.toFixed(decimals);
}

function shorter(digits: string, number: number): string {
  if (Number(digits) !== number) return digits;
  const [mantissa, exponent] = digits.split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  if (short === "-0") return "0";
  return exponent === undefined ? short : `${short}e${exponent}`;
}
