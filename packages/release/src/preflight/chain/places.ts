import { quorum, totalWeight, type ValidatorSet, weightOf } from "@playbook/bft";
import { error, type Finding, warning } from "../finding.ts";
import type { Post } from "./posts.ts";

/** Places for validators' pods: those that are there, and those that there will be. */
export type Places = {
  before: readonly Post[];
  after: readonly Post[];
  /** Validators of whom the configuration says that they are not of this release. */
  elsewhere: ReadonlySet<string>;
};

/**
 * Whether every validator of a chain keeps its place. Helm takes all places away at once that are
 * rendered no more, whoever votes.
 */
export function checkKept(set: ValidatorSet, { before, after, elsewhere }: Places): Finding[] {
  const isKept = ({ pod, id }: Post) => after.some((post) => post.pod === pod && post.id === id);
  const lost = before.filter((post) => isIn(set, post.id) && !isKept(post));
  const ids = new Set(lost.map(({ id }) => id ?? ""));
  const left = totalWeight(set) - weightOf(set, ids);
  const votes = `${left} of ${totalWeight(set)} votes stay where they are, ${quorum(set)} are needed.`;
  const found = lost.map((post) => takenAway(post, { after, votes }));
  return [...found, ...checkUnknown({ before, after, elsewhere }, set)];
}

function takenAway(
  { pod, id }: Post,
  { after, votes }: { after: readonly Post[]; votes: string },
): Finding {
  const to = after.find((post) => post.id === id)?.pod;
  const stays = after.some((post) => post.pod === pod);
  const why = to
    ? `Its key moves to ${to}, which has none of its data, while its own pod may still sign.`
    : stays
      ? "Its pod gets another key, on the data of this one."
      : "It has no place any more in what the chart renders: Helm takes its pod away at once.";
  return error(
    "validator-dropped",
    pod,
    `It is a validator of the chain (${shortened(id)}). ${why} ${votes}`,
    'Keep its set, its name and its key in the values ("public-keys" corrects an annotation that ' +
      "is wrong). Who is to go is taken out of the chain's set with change-axon-validators first.",
  );
}

/** Pods that go and whose key nobody says, unless all of the chain's are seen elsewhere. */
export function checkUnknown({ before, after, elsewhere }: Places, set?: ValidatorSet): Finding[] {
  const gone = before.filter(({ pod, id }) => !id && !after.some((post) => post.pod === pod));
  const known = new Set([...before, ...after].map(({ id }) => id));
  const missing = set?.filter(({ id }) => !known.has(id) && !elsewhere.has(id));
  if (gone.length === 0 || missing?.length === 0) return [];
  const unseen = missing ? `: ${missing.length} of the chain's are seen nowhere else` : "";
  return [
    error(
      "validator-dropped",
      gone.map(({ pod }) => pod).join(", "),
      "They have no place any more in what the chart renders, and which " +
        `validators they are is not known${unseen}.`,
      'Keep their sets in the values, or say whose they are with "public-keys".',
    ),
  ];
}

/**
 * Whether those who are to begin a chain have places enough for its first block. Places whose key
 * nobody says are taken for the heaviest of the others.
 */
export function checkBegun(
  founders: ValidatorSet,
  { after, elsewhere }: Omit<Places, "before">,
): Finding[] {
  const known = new Set(after.map(({ id }) => id));
  const nameless = after.filter(({ id }) => !id).length;
  const missing = founders
    .filter(({ id }) => !known.has(id))
    .sort((a, b) => b.weight - a.weight)
    .slice(nameless);
  const strangers = after.some(({ id }) => id && !isIn(founders, id));
  const own = missing.filter(({ id }) => !elsewhere.has(id));
  if (own.length === 0 || strangers) return [];
  const left = totalWeight(founders) - totalWeight(missing);
  const isShort = left < quorum(founders) && own.length === missing.length;
  const tell = isShort ? error : warning;
  return [
    tell(
      isShort ? "too-few-places" : "validator-unplaced",
      `${after.length} places for ${founders.length} validators`,
      `The chain spec names ${founders.length}; ${own.map(({ id }) => shortened(id)).join(", ")} ` +
        `have no pod here. ${left} of ${totalWeight(founders)} votes have one, and ` +
        `${quorum(founders)} commit a block.`,
      "Render a pod for each validator (`replicas`, or a set more), " +
        "or name those alone that there are.",
    ),
  ];
}

/** Places of which nobody says which validator they are: nobody could watch them. */
export function checkNamed(after: readonly Post[]): Finding[] {
  const nameless = after.filter(({ id }) => !id).map(({ pod }) => pod);
  if (nameless.length === 0) return [];
  return [
    error(
      "validator-nameless",
      nameless.join(", "),
      "Which validators run there is not known: neither an annotation " +
        "axon/public-key nor the input says it.",
      'Give their public keys with "public-keys", one `pod = 0x…` a line.',
    ),
  ];
}

export function isIn(set: ValidatorSet, id: string | undefined): boolean {
  return set.some((one) => one.id === id);
}

export function shortened(id = ""): string {
  return `${id.slice(0, 12)}…`;
}
