// Train networks with the page's engine, in Node or in a browser.
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (numbers) => {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).slice();
  return hex(await crypto.subtle.digest("SHA-256", bytes));
};
const oneHot = (label, classes) => Array.from({ length: classes }, (_, k) => Number(k === label));

/** Run cases by the engine in a folder, with the kernels of a module's bytes. */
export async function runAll(engine, code, cases) {
  const { Kernels } = await import(`${engine}/kernels.ts`);
  const { Network } = await import(`${engine}/network.ts`);
  const { Diverged, Training } = await import(`${engine}/training.ts`);
  const { drawDataset } = await import(`${engine}/random.ts`);
  const kernels = await Kernels.load(code);

  async function run(given) {
    const own = kernels.fresh();
    const { X, y, n } = drawDataset(own, given.dataset, given.data);
    const outputs = given.network.sizes.at(-1);
    const Y = Array.from(y);
    if (outputs > 1) Y.splice(0, n, ...Array.from(y).flatMap((label) => oneHot(label, outputs)));
    const network = new Network(own, given.network);
    const before = await digest(network.parameters);
    const training = new Training(network, Float32Array.from(X), Y, n, given.settings);
    let diverged = null;
    try {
      training.advance(given.iterations);
    } catch (error) {
      if (!(error instanceof Diverged)) throw error;
      diverged = [error.iteration, error.layer];
    }
    const { cost, accuracy } = network.evaluate(Float32Array.from(X), Y, n, given.settings.cost);
    const data = [await digest(X), await digest(y)];
    return { data, before, after: await digest(network.parameters), cost, accuracy, diverged };
  }

  const found = [];
  for (const given of cases) found.push(await run(given));
  return found;
}
