/** Round places on an axis. */
const ROUND = [1, 2, 2.5, 5, 10];

/** Round numbers from low to high, about as many as wanted. */
export function niceTicks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / Math.max(1, wanted);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (ROUND.find((each) => each * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => +((first + i) * step).toPrecision(12));
}

/** Powers of ten between low and high, with 2 and 5 where there are few. */
export function logTicks(low: number, high: number): number[] {
  const between = (factors: number[]) => {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      for (const factor of factors) found.push(+(factor * 10 ** power).toPrecision(12));
    }
    return found.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  };
  const powers = between([1]);
  if (powers.length >= 3) return powers.filter((_, i) => i % Math.ceil(powers.length / 4) === 0);
  return between([1, 2, 5]);
}

/** 0 and round numbers for an axis on which places are the square root of what they count. */
export function rootTicks(end: number, width: number, apart: number): number[] {
  const ticks = [0];
  let last = 0;
  for (let power = Math.floor(Math.log10(end)) - 3; power <= Math.log10(end); power++) {
    for (const factor of [1, 2, 5]) {
      const value = +(factor * 10 ** power).toPrecision(12);
      const place = width * Math.sqrt(value / end);
      // Parts of an epoch are of interest while there are few epochs.
      const tooFine = value < 1 && (end >= 5 || value < 0.1);
      if (tooFine || value > end || place - last < apart) continue;
      ticks.push(value);
      last = place;
    }
  }
  return ticks;
}

/** A number as it stands on an axis. */
export function short(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 10_000 || Math.abs(value) < 0.001) return value.toExponential(0);
  return String(+value.toPrecision(3));
}
