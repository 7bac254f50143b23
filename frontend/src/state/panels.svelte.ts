/** What is open on the Play view: it stays so while other views are looked at. */
class Panels {
  output = $state<"map" | "rows" | "labels" | "confusion" | "weights" | "descent">("map");
  curve = $state<"cost" | "accuracy">("cost");
  data = $state(false);
  training = $state(false);
}

export const panels = new Panels();
