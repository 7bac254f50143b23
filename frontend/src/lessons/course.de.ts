/** The files of the course in one language, by their paths. */
export const files = import.meta.glob<string>("../../../lessons/de/**/*.md", {
  query: "?raw",
  import: "default",
  eager: true,
});
