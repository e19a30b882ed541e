export type Annotation = {
  level: "error" | "warning" | "notice";
  message: string;
  title?: string;
  file?: string;
  line?: string;
};

/**
 * Reads a line that a step wrote to be annotated, as GitHub's runner does: the second `::` ends the
 * properties, whatever the message holds. Undefined for any other line.
 */
export function parseAnnotation(line: string): Annotation | undefined {
  const found = /^::(error|warning|notice)(?: ((?:(?!::).)*))?::(.*)/s.exec(line.trimEnd());
  if (!found) return undefined;
  const [, level, properties = "", message = ""] = found;
  const known = properties.split(",").map((property) => {
    const [name = "", value = ""] = property.split(/=(.*)/s);
    return [name.trim(), unescaped(unescaped(value, "%3A", ":"), "%2C", ",")];
  });
  const { title, file, line: at } = Object.fromEntries(known);
  return {
    ...{ level: level as Annotation["level"], message: plain(message) },
    ...{ title: title && plain(title), file: file && plain(file), line: at },
  };
}

function plain(text: string): string {
  return unescaped(unescaped(unescaped(text, "%0D", "\r"), "%0A", "\n"), "%25", "%");
}

function unescaped(text: string, code: string, character: string): string {
  return text.replaceAll(code, character);
}
