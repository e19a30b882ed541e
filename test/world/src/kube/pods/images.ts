import { createHash } from "node:crypto";
import type { Behaviour } from "../../axon/behaviour.ts";
import type { KubeObject } from "../object.ts";

const AXON = /\/axon(?=[:@]|$)/;
const NODE = /\/node(?=[:@]|$)/;

/** Whether a container's image is the validators' program. */
export function isAxon(image: string): boolean {
  return AXON.test(image);
}

/** Whether a container's image holds Node.js. */
export function isNode(image: string): boolean {
  return NODE.test(image);
}

/** Pods that are processes: those that KWOK leaves alone. */
export function isOurs({ spec }: KubeObject): boolean {
  return spec.containers.some(({ image }: { image: string }) => isAxon(image) || isNode(image));
}

/** What can be pulled: builds of the validators' program by tag, and images with Node.js. */
export class Images {
  readonly #tags = new Map<string, Behaviour>();
  readonly #node: readonly string[];

  constructor(tags: Record<string, Behaviour>, node: readonly string[]) {
    this.#node = node;
    for (const [tag, behaviour] of Object.entries(tags)) this.set(tag, behaviour);
  }

  /** Pushes a build. What runs already stays as it was. */
  set(tag: string, behaviour: Behaviour): void {
    this.#tags.set(tag, behaviour);
  }

  /** What is neither of ours is always there. */
  has(image: string): boolean {
    if (isNode(image)) return this.#node.includes(image);
    return !isAxon(image) || this.pull(image) !== undefined;
  }

  /** undefined when nothing can be pulled under that name. */
  pull(image: string): Behaviour | undefined {
    const [, digest] = image.split("@");
    const tags = [...this.#tags.keys()];
    const tag = digest ? tags.find((it) => digestOf(it) === digest) : tagOf(image);
    return this.#tags.get(tag ?? "");
  }
}

function tagOf(image: string): string {
  const name = image.slice(image.lastIndexOf("/"));
  return name.split(":")[1] ?? "latest";
}

/** By which a tag's build can be named instead. */
export function digestOf(tag: string): string {
  return `sha256:${createHash("sha256").update(tag).digest("hex")}`;
}

/** A container's `imageID`. */
export function imageId(image: string): string {
  const [name = ""] = image.split("@");
  const colon = name.lastIndexOf(":");
  const repository = colon > name.lastIndexOf("/") ? name.slice(0, colon) : name;
  return `${repository}@${image.split("@")[1] ?? digestOf(tagOf(image))}`;
}
