// Work on matrices as the page does: cases as JSON on standard input, results out.
import { readFileSync } from "node:fs";

const [source] = process.argv.slice(2);
const { largestEigen } = await import(`${source}/experiment/eigen.ts`);
const { componentPlane, featurePlane, gridOf } = await import(
  `${source}/experiment/projection.ts`
);

const matrix = (rows) => ({
  values: Float64Array.from(rows.flat()),
  rows: rows.length,
  columns: rows[0].length,
});
const plain = (plane) => ({
  ...plane,
  origin: [...plane.origin],
  axes: plane.axes.map((axis) => [...axis]),
});

const work = {
  eigen({ values, count }) {
    const { values: found, vectors } = largestEigen(
      Float64Array.from(values.flat()),
      values.length,
      count,
    );
    return { values: found, vectors: vectors.map((vector) => [...vector]) };
  },
  components: ({ rows }) => plain(componentPlane(matrix(rows))),
  slice({ rows, names, view, side }) {
    const plane = featurePlane(matrix(rows), matrix(rows), names, view);
    return { ...plain(plane), grid: [...gridOf(plane, side).values] };
  },
};

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(
  JSON.stringify(cases.map(({ what, ...given }) => work[what](given))),
);
