import type { DataInfo } from "../protocol/answers";

/** What features and labels are called, where the data have no names of their own. */
export interface Names {
  features: string[];
  labels: string[];
}

/** News of the data, with names in place of x1, x2, 0 and 1 where somebody has given any. */
export function named(info: DataInfo, names: Names | null): DataInfo {
  if (!names) return info;
  const given = names.features.length === info.features.length ? names.features : info.features;
  const rename = (name: string) => given[info.features.indexOf(name)] ?? name;
  const classes = info.classes.map((name, k) => names.labels[k] ?? name);
  return {
    ...info,
    inputs: info.inputs.map(rename),
    features: given,
    classes,
    x_label: rename(info.x_label),
    y_label: rename(info.y_label),
  };
}
