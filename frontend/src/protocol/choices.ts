// What may be chosen: what the engine has, less what a page cannot use.
import engine from "../engine/facts.json" with { type: "json" };

/** Activations of output layers, and costs that ask for an output or a parameter that the page has not. */
const NOT_HERE = ["softmax", "exponential", "quantile", "poisson"] as const;

type Here<Table> = Exclude<keyof Table & string, (typeof NOT_HERE)[number]>;

function here<Table extends object>(table: Table): Here<Table>[] {
  const left = NOT_HERE as readonly string[];
  return Object.keys(table).filter((name) => !left.includes(name)) as Here<Table>[];
}

/** The engine's own data sets. */
export const DATASETS = here(engine.datasets);

export const SOURCES = [...here(engine.datasets), "drawn", "file"] as const;

export const ACTIVATIONS = here(engine.activations);

export const COSTS = ["auto", ...here(engine.costs)] as const;

export const OPTIMIZERS = here(engine.optimizers);

export const INITIALIZERS = ["auto", ...here(engine.initializers)] as const;
