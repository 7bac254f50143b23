import { facts } from "../engine/facts.ts";
import type { Kernels } from "../engine/kernels.ts";
import { drawDataset, drawOrder, sines } from "../engine/random.ts";
import type { Sources } from "./data.ts";

/** What data are made of, from the kernels. */
export function kernelSources(kernels: Kernels): Sources {
  return {
    dataset(name, n, noise, seed, classes) {
      const { features, target, task, classes: usual } = facts.datasets[name];
      const count = name === "blobs" ? classes : usual;
      const { X, y } = drawDataset(kernels, name, { n, noise, seed, classes: count });
      const classNames = task === "regression" ? [] : Array.from({ length: count }, (_, k) => String(k));
      return { X, y, featureNames: features, targetName: target, classNames };
    },
    permutation: (seed, n) => drawOrder(kernels, seed, n),
    sines: (values) => sines(kernels, values),
  };
}
