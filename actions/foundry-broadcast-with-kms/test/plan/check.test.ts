import { checkRecorded } from "../../src/plan/check.ts";
import type { Fork } from "../../src/plan/fork.ts";
import type { Project } from "../../src/plan/project.ts";
import { parseScript } from "../../src/plan/script.ts";
import { SENDER } from "./sender.ts";

const script = parseScript("script/Deploy.s.sol", SENDER);
const fork = { url: "http://127.0.0.1:9000", live: { name: "alpha", chainId: 5 } } as Fork;
const transaction = {
  ...{ chainId: 5, rpc: "http://127.0.0.1:9000/", from: SENDER, to: null, value: 0n },
  ...{ data: "0x60" as const, nonce: 0, names: new Map(), function: null, special: false },
};

const check = (over: object) =>
  checkRecorded([{ ...transaction, ...over }], script, SENDER, [fork], {} as Project);

test("a creation by the sender on the fork is fine", async () => {
  await expect(check({})).resolves.toBeUndefined();
});

test("what a plan cannot hold is refused", async () => {
  await expect(check({ special: true })).rejects.toMatchObject({ code: "unknown-transaction" });
});

test("a chain that the release does not name is refused", async () => {
  await expect(check({ chainId: 6 })).rejects.toMatchObject({ code: "chain-not-named" });
});
