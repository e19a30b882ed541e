import type { Address } from "@playbook/evm";
import { foreignHooks, foreignIn, isEnough, judgeOf, validatorsIn } from "@playbook/hyperlane";
import { aboutRoute } from "./finding.ts";
import type { Route } from "./journey.ts";
import type { Station } from "./station.ts";

/** Something that nobody has looked at, so that it counts neither as well nor as wrong. */
export type Unjudged = { chain: string; about: string; why: string };

/** Chains of this stack run other code than is published for all others. */
export const OTHER_CODE = "zksync";

const OTHER = "Contracts of zkSync's stack are other code, and are known by nothing else here.";

type Seen = Pick<
  Station,
  "name" | "domain" | "state" | "stack" | "isConfigured" | "merkleTreeHook"
>;

/** What is not looked at of a chain by itself. */
export function unjudgedOf(one: Seen): Unjudged[] {
  const { name, state, stack, isConfigured, merkleTreeHook } = one;
  const isOther = stack === OTHER_CODE;
  const hooks = [...new Set(foreignHooks(state.hooks))];
  const tree =
    "Whether one of them is a merkle tree hook is not known: " +
    "whether validators sign is not looked at.";
  return [
    ...(isOther && isConfigured
      ? [
          {
            chain: name,
            about: "its core config",
            why: `It is not held against the chain. ${OTHER}`,
          },
        ]
      : []),
    ...hooks.map((address): Unjudged => {
      const why = `Nobody here knows what this hook does. ${isOther ? OTHER : ""}`.trim();
      return { chain: name, about: address, why: merkleTreeHook ? why : `${why} ${tree}` };
    }),
  ];
}

/** What nobody knows of how messages of a route are judged. */
export function unjudgedOn(route: Route, from: Seen, to: Seen): Unjudged[] {
  const judge = judgeOf(to.state.defaultIsm, from.domain);
  if (!judge) return [];
  const all = new Set(validatorsIn(judge, from.domain));
  const said = [new Set<Address>(), all].map((signers) => isEnough(judge, from.domain, signers));
  if (!said.includes(null)) return [];
  const modules = foreignIn(judge).map(({ address }) => address);
  if (modules.length === 0) return [];
  const why =
    `Whom ${modules.join(" and ")} counts on is not known, so that whether enough sign for it is not ` +
    `judged: only a message tells. ${to.stack === OTHER_CODE ? OTHER : ""}`.trim();
  return [{ chain: to.name, about: aboutRoute(route), why }];
}
