// Write the page's engine as JavaScript, for a browser that reads no TypeScript.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

const [source, target] = process.argv.slice(2);
mkdirSync(target, { recursive: true });
for (const name of readdirSync(source)) {
  const text = readFileSync(`${source}/${name}`, "utf8");
  writeFileSync(`${target}/${name}`, name.endsWith(".ts") ? stripTypeScriptTypes(text) : text);
}
