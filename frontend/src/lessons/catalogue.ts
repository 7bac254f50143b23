import type { Language } from "../texts/language.svelte.ts";
import { parseLesson } from "./parse.ts";
import type { Lesson } from "./lesson.ts";

/** What the page has of its own lessons in one language. */
export interface Course {
  chapters: Lesson[];
  challenges: Lesson[];
  /** Words by the term that explains them, all small letters. */
  glossary: Record<string, string>;
}

type Table = [number, number, number][];

const DATA = import.meta.glob<string>("../../../lessons/data/*.csv", { query: "?raw", import: "default", eager: true });
/** One piece of the page for each language: only the one that is read is fetched. */
const COURSES: Record<Language, () => Promise<{ files: Record<string, string> }>> = {
  en: () => import("./course.en.ts"),
  de: () => import("./course.de.ts"),
};

/** The tables of the lessons by name: two features and a label. */
export const TABLES: Record<string, Table> = Object.fromEntries(
  Object.entries(DATA).map(([path, text]) => [nameOf(path), text.trim().split("\n").map(rowOf)]),
);

function rowOf(line: string): [number, number, number] {
  const [x, y, label] = line.split(",").map(Number);
  return [x, y, label];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1, path.lastIndexOf("."));
}

const read = new Map<Language, Promise<Course>>();

/** The course in a language; each is read once. */
export function courseIn(language: Language): Promise<Course> {
  let course = read.get(language);
  if (!course) read.set(language, (course = load(language)));
  return course;
}

async function load(language: Language): Promise<Course> {
  const { files } = await COURSES[language]();
  const course: Course = { chapters: [], challenges: [], glossary: {} };
  for (const path of Object.keys(files).sort()) {
    const name = nameOf(path);
    if (name === "glossary") course.glossary = readGlossary(files[path]);
    else if (path.includes("/challenges/")) course.challenges.push(readOwn(files[path], name));
    else course.chapters.push(readOwn(files[path], name));
  }
  return course;
}

/** A lesson of the page itself is called by its file, without the number in front. */
function readOwn(text: string, name: string): Lesson {
  return { ...parseLesson(text, Object.keys(TABLES)), id: name.replace(/^\d+-/, "") };
}

/** A glossary: a term on a line, and below it, after a colon, what it means. */
function readGlossary(text: string): Record<string, string> {
  const found: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith(": ")) found[found.length - 1][1] = line.slice(2).trim();
    else if (/^\s+\S/.test(line)) found[found.length - 1][1] += ` ${line.trim()}`;
    else if (line.trim() && !line.startsWith("#")) found.push([line.trim().toLowerCase(), ""]);
  }
  return Object.fromEntries(found);
}
