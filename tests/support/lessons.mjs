// Read lessons as the page does: node lessons.mjs SOURCE < a list of texts, in JSON.
import { readFileSync } from "node:fs";

const { parseLesson } = await import(`${process.argv[2]}/lessons/parse.ts`);
const { LessonError } = await import(`${process.argv[2]}/lessons/lesson.ts`);

function read(text) {
  try {
    return parseLesson(text, ["walnuts", "coffee"]);
  } catch (error) {
    if (!(error instanceof LessonError)) throw error;
    return { line: error.line, trouble: error.trouble, found: error.found };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
