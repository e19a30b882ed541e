import { ActionError, type Clock } from "@playbook/action";
import type { Wire } from "../endpoint.ts";
import { Rpc } from "../rpc.ts";
import { Quorum } from "./quorum.ts";

export type Connection = {
  /** Name of the chain, for people. */
  chain: string;
  /** How many of its nodes have to agree; undefined for what suits their number. */
  quorum?: number | undefined;
  clock?: Clock;
  signal?: AbortSignal;
  warn?: (line: string) => void;
};

/** Tries of one node of several: the others are asked meanwhile. */
const TRIES = 2;

/**
 * How many of so many nodes have to agree on what decides, and how many are enough while the others
 * do not answer at all. By default the majority of three and more. Two have to agree while both
 * answer, and one goes on alone when the other is down: a second URL is there for that, too.
 */
export function quorumOf(count: number, asked?: number): { need: number; least: number } {
  if (asked !== undefined) return { need: asked, least: asked };
  if (count === 2) return { need: 2, least: 1 };
  const majority = Math.floor(count / 2) + 1;
  return { need: majority, least: majority };
}

/**
 * A chain through its URLs. With a quorum of one they are tried in turn. Throws `too-few-endpoints`
 * when it has fewer than are to agree.
 */
export function connect(urls: string[], { chain, quorum, ...options }: Connection): Wire {
  const distinct = [...new Set(urls)];
  const size = quorumOf(distinct.length, quorum);
  if (size.need > distinct.length) throw tooFew(chain, distinct.length, size.need);
  if (size.need === 1) return new Rpc(urls, options);
  const nodes = distinct.map((url) => new Rpc([url], { ...options, tries: TRIES }));
  const warn = (line: string) => options.warn?.(`${chain}: ${line}`);
  return new Quorum(nodes, { ...size, ...options, warn });
}

function tooFew(chain: string, count: number, need: number): ActionError {
  return new ActionError("too-few-endpoints", {
    what:
      `${chain} has ${count} RPC ${count === 1 ? "endpoint" : "endpoints"}, ` +
      `of which ${need} are to agree.`,
    why: `The input \`quorum\` asks for ${need}.`,
    next: `Give more URLs for ${chain} in \`rpc-urls\` or the chains file, or a lower \`quorum\`.`,
  });
}
