// Cases as JSON on standard input, results out: see engine_cases.mjs.
import { readFileSync } from "node:fs";
import { runAll } from "./engine_cases.mjs";

const [module, source] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await runAll(`${source}/engine`, readFileSync(module), cases)));
