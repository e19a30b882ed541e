import { posix } from "node:path";

/** Whether a path is a folder's, or one inside it. */
export function isBelow(path: string, folder: string): boolean {
  const [one, other] = [posix.normalize(path), posix.normalize(`${folder}/`)];
  return `${one}/`.startsWith(other);
}

/** The path from a folder, whatever `..` is in either. */
export function within(folder: string, path: string): string {
  return posix.join("/", posix.relative(folder, path)).slice(1);
}
