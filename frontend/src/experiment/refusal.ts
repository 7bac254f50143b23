/** What cannot be done, said in one sentence. */
export class Refusal extends Error {}
