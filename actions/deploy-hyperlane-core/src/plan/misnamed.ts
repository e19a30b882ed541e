import { strangeChain } from "@playbook/hyperlane";

/** As the official CLI wants them, and agents find their settings by: `HYP_CHAINS_<NAME>_…`. */
const NAME = /^[a-z][a-z0-9]*$/;

/** What becomes of a chain's agents by its name; undefined where it is one that they take. */
export function misnamed(name: string, domain: number): string | undefined {
  if (NAME.test(name)) return strange(name, domain);
  return (
    `Hyperlane's agents take no chain called ${name}, nor does the official CLI: ` +
    "names are small letters and digits, a letter first. Rename its folder in the " +
    "registry before agents are to serve it."
  );
}

function strange(name: string, domain: number): string | undefined {
  const why = strangeChain({ name, domain });
  return (
    why &&
    `${why} Give it a name or a domain id that is its own before its core is ` +
      "deployed there, or take other agents."
  );
}
