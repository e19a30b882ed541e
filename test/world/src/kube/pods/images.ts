import { createHash } from "node:crypto";
import type { Behaviour } from "../../axon/behaviour.ts";
import type { AgentBehaviour } from "../../hyperlane/agent-behaviour.ts";
import type { KubeObject } from "../object.ts";

const AXON = /\/axon(?=[:@]|$)/;
const AGENT = /\/hyperlane-agent(?=[:@]|$)/;
const NODE = /\/node(?=[:@]|$)/;

/** Whether a container's image is the validators' program. */
export function isAxon(image: string): boolean {
  return AXON.test(image);
}

/** Whether a container's image is Hyperlane's agents. */
export function isAgent(image: string): boolean {
  return AGENT.test(image);
}

/** Whether a container's image holds Node.js. */
export function isNode(image: string): boolean {
  return NODE.test(image);
}

/** Pods that are processes: those that KWOK leaves alone. */
export function isOurs({ spec }: KubeObject): boolean {
  return spec.containers.some(({ image }: { image: string }) =>
    [isAxon, isAgent, isNode].some((is) => is(image)),
  );
}

type Tags<Of> = Record<string, Of>;

/** What can be pulled: builds of our programs by tag, and images with Node.js. */
export class Images {
  readonly #tags: Map<string, Behaviour>;
  readonly #agents: Map<string, AgentBehaviour>;
  readonly #node: readonly string[];

  constructor(tags: Tags<Behaviour>, agents: Tags<AgentBehaviour>, node: readonly string[]) {
    this.#node = node;
    this.#tags = new Map(Object.entries(tags));
    this.#agents = new Map(Object.entries(agents));
  }

  /** Pushes a build. What runs already stays as it was. */
  set(tag: string, behaviour: Behaviour): void {
    this.#tags.set(tag, behaviour);
  }

  setAgent(tag: string, behaviour: AgentBehaviour): void {
    this.#agents.set(tag, behaviour);
  }

  /** What is neither of ours is always there. */
  has(image: string): boolean {
    if (isNode(image)) return this.#node.includes(image);
    return !(isAxon(image) || isAgent(image)) || this.pull(image) !== undefined;
  }

  /** undefined when nothing can be pulled under that name. */
  pull(image: string): Behaviour | AgentBehaviour | undefined {
    const builds = isAgent(image) ? this.#agents : this.#tags;
    const [, digest] = image.split("@");
    const tags = [...builds.keys()];
    const tag = digest ? tags.find((it) => digestOf(it) === digest) : tagOf(image);
    return builds.get(tag ?? "");
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
