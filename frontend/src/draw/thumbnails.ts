/** Little pictures of the data sets: rough shapes to choose by, not the data itself. */
type Dot = [x: number, y: number, group: number];

function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648 - 0.5;
  };
}

export function thumbnail(source: string): Dot[] {
  const random = noise(7);
  const dots: Dot[] = [];
  for (let i = 0; i < 44; i++) {
    const t = i / 44;
    const group = i % 2;
    const [jx, jy] = [random() * 0.12, random() * 0.12];
    dots.push(place(source, t, group, jx, jy, random));
  }
  return dots;
}

function place(source: string, t: number, group: number, jx: number, jy: number, random: () => number): Dot {
  const angle = 2 * Math.PI * t;
  const [u, v] = [random() * 1.8, random() * 1.8];
  switch (source) {
    case "circles":
      return [Math.cos(angle) * (group ? 0.4 : 0.85) + jx, Math.sin(angle) * (group ? 0.4 : 0.85) + jy, group];
    case "moons": {
      const sign = group ? -1 : 1;
      return [
        sign * (0.55 * Math.cos(Math.PI * t) - 0.28) + jx,
        sign * (0.75 * Math.sin(Math.PI * t) - 0.2) + jy,
        group,
      ];
    }
    case "xor":
      return [u, v, u * v > 0 ? 1 : 0];
    case "spirals": {
      const r = 0.1 + 0.8 * t;
      const turn = 1.5 * angle + group * Math.PI;
      return [r * Math.cos(turn), r * Math.sin(turn), group];
    }
    case "gaussians":
      return [(group ? 0.42 : -0.42) + 4 * jx, (group ? 0.36 : -0.36) + 4 * jy, group];
    case "blobs": {
      const k = Math.floor(t * 3);
      const around = (2 * Math.PI * k) / 3 + Math.PI / 2;
      return [0.55 * Math.cos(around) + 3 * jx, 0.55 * Math.sin(around) + 3 * jy, k];
    }
    case "plane":
      return [u, v, u - 0.6 * v > 0 ? 1 : 0];
    case "bumpy":
      return [u, v, Math.sin(3.2 * u) * Math.cos(3.2 * v) > 0 ? 1 : 0];
    default:
      return [2 * t - 1, 0.7 * Math.sin(2 * Math.PI * t) + jy, 0];
  }
}
