import { error, type Finding, warning } from "@playbook/release";
import type { Entry } from "./entry.ts";
import type { UrlsFlaw } from "./rpc-secret.ts";
import type { Sight } from "./sight.ts";

/** By the keys of a Secret what is wrong with what they hold, never that itself. */
export type SecretSight = ReadonlyMap<string, UrlsFlaw | null> | "missing" | "unseen";

type Secrets = ReadonlyMap<string, SecretSight>;

/** What agents would not start by, as far as the role may see it. */
export function ofSecrets({ agents }: Pick<Sight, "agents">, secrets: Secrets): Finding[] {
  const missing = agents.flatMap(({ entry }) => ofSecret(entry, secrets));
  const unseen = [...secrets].filter(([, found]) => found === "unseen").map(([name]) => name);
  if (unseen.length === 0) return missing;
  const why = "The role may not see whether they are there: an agent without one does not start.";
  const next =
    "See to it by hand, or allow `get` on Secrets of these names, which shows them whole.";
  return [...missing, warning("secrets-unseen", unseen.join(", "), why, next)];
}

function ofSecret({ name, wanted }: Entry, secrets: Secrets): Finding[] {
  if (!wanted) return [];
  const { rpcSecret, chains } = wanted.needs;
  const found = secrets.get(rpcSecret);
  if (found === undefined || found === "unseen") return [];
  const next = "Make it, with a key for each chain: the chart's README shows one.";
  if (found === "missing") {
    return [error("no-rpc-secret", name, `There is no Secret ${rpcSecret} with RPC URLs.`, next)];
  }
  const lacking = chains.filter((chain) => !found.has(chain));
  const why = `The Secret ${rpcSecret} has no RPC URLs of ${lacking.join(", ")}.`;
  const wrong = ofUrls(name, rpcSecret, new Map(chains.map((one) => [one, found.get(one)])));
  return lacking.length > 0 ? [error("no-rpc-secret", name, why, next), ...wrong] : wrong;
}

/** Agents read the Secret by themselves: nothing can be mended on its way to them. */
function ofUrls(
  name: string,
  secret: string,
  flaws: ReadonlyMap<string, UrlsFlaw | null | undefined>,
): Finding[] {
  return [...flaws].flatMap(([chain, flaw]) => {
    if (!flaw) return [];
    const { why, isFatal } = flaw;
    const what = isFatal ? "The agent reaches no node by it." : "The agent goes without that URL.";
    const next =
      `Make a Secret of another name, with ${chain}'s URLs in one line, commas between them and ` +
      "none at the end (https://one.example/…,https://two.example/…), and name it in `rpcSecret`.";
    const tell = isFatal ? error : warning;
    const all = `The Secret ${secret} has under the key ${chain} what is wrong: ${why}. ${what}`;
    return [tell("wrong-rpc-urls", name, all, next)];
  });
}
