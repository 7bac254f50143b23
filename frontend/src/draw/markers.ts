/** Marker shapes: classes differ by shape as well as by colour. */
export function addMarker(path: Path2D, shape: number, x: number, y: number, r: number): void {
  switch (shape % 8) {
    case 0:
      path.moveTo(x + r, y);
      path.arc(x, y, r, 0, 2 * Math.PI);
      return;
    case 1:
      return polygon(path, x, y, r * 1.25, 4, 0);
    case 2:
      return polygon(path, x, y, r * 1.3, 3, -Math.PI / 2);
    case 3:
      return polygon(path, x, y, r * 1.15, 4, Math.PI / 4);
    case 4:
      return polygon(path, x, y, r * 1.3, 3, Math.PI / 2);
    case 5:
      return polygon(path, x, y, r * 1.15, 5, -Math.PI / 2);
    case 6:
      return polygon(path, x, y, r * 1.1, 6, 0);
    default:
      path.rect(x - 1.3 * r, y - 0.6 * r, 2.6 * r, 1.2 * r);
  }
}

function polygon(path: Path2D, x: number, y: number, r: number, sides: number, turn: number): void {
  for (let i = 0; i < sides; i++) {
    const angle = turn + (2 * Math.PI * i) / sides;
    const [px, py] = [x + r * Math.cos(angle), y + r * Math.sin(angle)];
    if (i === 0) path.moveTo(px, py);
    else path.lineTo(px, py);
  }
  path.closePath();
}

export const SHAPE_NAMES = ["circle", "diamond", "triangle", "square", "triangle down", "pentagon", "hexagon", "bar"];
