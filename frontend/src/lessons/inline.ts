/** The pieces of a line of text. Each is drawn as text: nothing of it becomes HTML. */
export type Span =
  | { kind: "text" | "strong" | "emphasis" | "code" | "math"; text: string }
  /** A word of the glossary: what is shown, and under which name it is explained. */
  | { kind: "term"; text: string; term: string };

const SPAN = /\*\*([^*]+)\*\*|\*([^*]+)\*|\{term\}`([^`<]+?)(?:\s*<([^`>]+)>)?`|`([^`]+)`|\$([^$]+)\$/g;

export function parseInline(text: string): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const match of text.matchAll(SPAN)) {
    if (match.index > at) spans.push({ kind: "text", text: text.slice(at, match.index) });
    spans.push(spanOf(match));
    at = match.index + match[0].length;
  }
  if (at < text.length) spans.push({ kind: "text", text: text.slice(at) });
  return spans;
}

function spanOf([, strong, emphasis, shown, term, code, math]: RegExpMatchArray): Span {
  if (strong !== undefined) return { kind: "strong", text: strong };
  if (emphasis !== undefined) return { kind: "emphasis", text: emphasis };
  if (shown !== undefined) return { kind: "term", text: shown, term: term ?? shown };
  if (code !== undefined) return { kind: "code", text: code };
  return { kind: "math", text: math };
}
