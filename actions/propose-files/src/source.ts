/** Something to propose, and where it belongs. */
export type Source = {
  /** In the folder that the files are in. */
  from: string;
  /** In the repository. */
  to: string;
};

/** A line of the input `files`: `from => to`, or one path that is both. */
export function sourceOf(line: string): Source {
  const [, from = line, to = from] = /^(.*?)\s*=>\s*(.*)$/.exec(line) ?? [];
  return { from, to };
}
