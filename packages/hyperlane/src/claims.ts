import type { Address } from "@playbook/evm";
import type { Draft } from "./draft.ts";
import type { Kept } from "./kept.ts";

/** A part of a wish, and where the config says that it is. */
type Wish = { type: string; at?: Address | undefined };
type Part = { type: string; address: Address };

type Claim<Wished extends Wish, Standing extends Part> = {
  wish: Wished;
  standing: Standing | undefined;
  subject: string;
  /** What is where the config says it is. */
  found: Standing | undefined;
  textOf: (one: Wished | Standing) => string;
  partsOf: (one: Standing) => Standing[];
};

/**
 * What the config names by its address beside what it says of it is taken, if it is just that; else
 * what `place` makes or keeps, and the difference is told.
 */
export function claimed<Wished extends Wish, Standing extends Part>(
  { draft, kept }: { draft: Draft; kept: Kept },
  { wish, standing, subject, found, textOf, partsOf }: Claim<Wished, Standing>,
  place: () => Address,
): Address {
  const { at } = wish;
  const text = textOf(wish);
  const stands = standing !== undefined && textOf(standing) === text;
  if (at === undefined || stands || standing?.address === at) return place();
  const all = (one: Standing): Standing[] => [one, ...partsOf(one).flatMap(all)];
  const isIt = found !== undefined && textOf(found) === text;
  const parts = isIt ? all(found) : [];
  if (isIt && kept.hold(parts.map((one) => [one.address, textOf(one)]))) return at;
  const address = place();
  if (address !== at && address !== standing?.address) {
    const said = isIt ? "is changed for another place" : flawOf(text, found && textOf(found));
    draft.differs(`${subject}: address`, `${at}, which ${said}`, address);
  }
  return address;
}

/** In what a contract is otherwise than the config says. */
function flawOf(wished: string, found: string | undefined): string {
  const [wish, there] = [wished, found ?? "{}"].map((text) => JSON.parse(text));
  if (wish.type !== there.type) return `is no ${wish.type} of this mailbox`;
  const fields = Object.keys(wish).filter((name) => {
    return JSON.stringify(wish[name]) !== JSON.stringify(there[name]);
  });
  return `has other ${fields.join(", ")}`;
}
