/** The lesson or challenge that is open; its text stays while other views are looked at. */
class Lesson {
  id = $state("neuron");
  /** The one that was set up last; empty before the first. */
  begun = $state("");
}

export const lesson = new Lesson();
