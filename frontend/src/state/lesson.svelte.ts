/** The lesson or challenge that is open; its text stays while other views are looked at. */
class Lesson {
  id = $state("neuron");
}

export const lesson = new Lesson();
