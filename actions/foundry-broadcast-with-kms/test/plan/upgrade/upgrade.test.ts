import { knownText, readKnown } from "../../../src/plan/upgrade/known.ts";
import { IMPLEMENTATION_SLOT, slotChanges } from "../../../src/plan/upgrade/upgrade.ts";
import { unsafeLayouts, upgradeWarnings } from "../../../src/plan/upgrade/verdict.ts";

const PROXY = "0x00000000000000000000000000000000000000AA";
const OLD = "0x00000000000000000000000000000000000000bb";
const NEW = "0x00000000000000000000000000000000000000cc";
const at = PROXY.toLowerCase();
const word = (address: string): `0x${string}` =>
  `0x${address.slice(2).toLowerCase().padStart(64, "0")}`;
const slot = (address: string) => ({ [at]: { storage: { [IMPLEMENTATION_SLOT]: word(address) } } });

test("the slot is ERC-1967's", () => {
  expect(IMPLEMENTATION_SLOT).toBe(
    "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
  );
});

test.each<[string, Parameters<typeof slotChanges>[0], object[]]>([
  ["an upgrade", { pre: slot(OLD), post: slot(NEW) }, [{ subject: PROXY, from: OLD, to: NEW }]],
  ["a new proxy", { pre: {}, post: slot(NEW) }, [{ subject: PROXY, from: null, to: NEW }]],
  ["another slot", { pre: {}, post: { [at]: { storage: { "0x0": word(NEW) } } } }, []],
  ["a proxy that was emptied", { pre: slot(OLD), post: { [at]: { storage: {} } } }, []],
])("%s is seen in the state that a transaction changed", (_, difference, expected) => {
  expect(slotChanges(difference)).toEqual(expected);
});

const known = (address: string, contract: string) => ({
  ...{ chain: "alpha", chainId: 5, genesis: "0xab", address, contract },
  layout: { storage: [], types: {} },
});

test("the file of layouts is read back as written, and an implementation is in it once", () => {
  const text = knownText([known(OLD, "src/A.sol:A")], [known(NEW, "B"), known(OLD, "src/A.sol:A")]);
  expect(readKnown(text, "layouts.json")).toEqual([known(OLD, "src/A.sol:A"), known(NEW, "B")]);
});

test.each(["", "{}", '{"format":"playbook.layouts","version":2,"implementations":[]}'])(
  "a file that is none, or of a later version, is refused: %j",
  (text) => {
    expect(() => readKnown(text, "layouts.json")).toThrow(
      expect.objectContaining({ code: "layouts-unreadable" }),
    );
  },
);

test("a layout is let through with a reason only", () => {
  expect(unsafeLayouts.parse("Vault # empty\n\n# a comment\n")).toEqual([
    { contract: "Vault", reason: "empty" },
  ]);
  expect(unsafeLayouts.safeParse("Vault").success).toBe(false);
});

test("what several chains have in common is said once", () => {
  const one = {
    name: "Vault",
    from: OLD,
    to: NEW,
    verdict: { kind: "unknown", missing: OLD },
  } as const;
  const warnings = upgradeWarnings(
    [
      { chain: "a", ...one },
      { chain: "b", ...one },
    ],
    "l.json",
  );
  expect(warnings).toEqual([expect.stringContaining("Vault on a, b from")]);
});
