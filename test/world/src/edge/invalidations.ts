import { randomId } from "../aws/keyring.ts";
import { refuse } from "../aws/refusal.ts";

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const PATHS_IN_PROGRESS = 3_000;
const WILDCARDS_IN_PROGRESS = 15;

export type Invalidation = {
  id: string;
  reference: string;
  paths: string[];
  madeAt: Date;
  /** How often somebody will still be told that it is in progress. */
  looks: number;
};

/** What a distribution was told to forget. */
export class Invalidations {
  readonly #made: Invalidation[] = [];
  #forget: (matches: (path: string) => boolean) => void = () => {};
  #looks = 0;

  /** Whoever holds what is to be forgotten. */
  onForget(forget: (matches: (path: string) => boolean) => void): void {
    this.#forget = forget;
  }

  /** How often an invalidation is seen in progress before it is completed, from now on. */
  last(looks: number): void {
    this.#looks = looks;
  }

  /** The same reference with the same paths is the same invalidation. */
  create(reference: string, paths: string[]): Invalidation {
    const known = this.#made.find((it) => it.reference === reference);
    if (known) return again(known, paths);
    for (const path of paths) checkPath(path);
    this.#checkRoom(paths);
    const made = {
      ...{ id: `I${randomId(13)}`, reference, paths },
      ...{ madeAt: new Date(), looks: this.#looks },
    };
    this.#made.push(made);
    if (made.looks === 0) this.#complete(made);
    return made;
  }

  /** As somebody who looks sees it. */
  look(id: string): { invalidation: Invalidation; completed: boolean } | undefined {
    const invalidation = this.#made.find((it) => it.id === id);
    if (!invalidation) return undefined;
    if (invalidation.looks === 0) return { invalidation, completed: true };
    invalidation.looks -= 1;
    if (invalidation.looks === 0) this.#complete(invalidation);
    return { invalidation, completed: false };
  }

  #complete({ paths }: Invalidation): void {
    const patterns = paths.map(patternOf);
    this.#forget((path) => patterns.some((pattern) => pattern.test(path)));
  }

  #checkRoom(paths: string[]): void {
    if (paths.length > PATHS_IN_PROGRESS) {
      throw refuse(413, "BatchTooLarge", "The number of paths in the batch exceeds the limit.");
    }
    const open = this.#made.filter(({ looks }) => looks > 0).flatMap((it) => it.paths);
    const all = [...open, ...paths];
    const wild = all.filter(isWildcard);
    if (wild.length > WILDCARDS_IN_PROGRESS || all.length - wild.length > PATHS_IN_PROGRESS) {
      const message =
        "Processing your request would cause you to exceed the maximum number of in-progress " +
        (wild.length > WILDCARDS_IN_PROGRESS ? "wildcard invalidations." : "invalidations.");
      throw refuse(400, "TooManyInvalidationsInProgress", message);
    }
  }
}

function again(known: Invalidation, paths: string[]): Invalidation {
  if (JSON.stringify(known.paths) === JSON.stringify(paths)) return known;
  throw refuse(
    400,
    "InvalidArgument",
    "Your caller reference is associated with another invalidation batch.",
  );
}

function checkPath(path: string): void {
  if (path.startsWith("/") && !/\*./.test(path)) return;
  throw refuse(
    400,
    "InvalidArgument",
    "Your request contains one or more invalid invalidation paths.",
  );
}

function isWildcard(path: string): boolean {
  return path.endsWith("*");
}

function patternOf(path: string): RegExp {
  const literal = path.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replace(/\*$/, ".*")}$`, "s");
}
