import type { Hex } from "@playbook/evm";
import { isEnough, judgeOf, pausedIn, proofFor, unprovable, validatorsIn } from "../src/index.ts";
import type { Ism } from "../src/model.ts";
import { account } from "./wishes.ts";

const three = [11, 12, 13].map(account);
const multisig = (threshold = 2): Ism => ({
  ...{ type: "messageIdMultisigIsm", validators: three, threshold },
});
const pausable = (paused: boolean): Ism => ({ type: "pausableIsm", owner: account(1), paused });
const both = (modules: Ism[], threshold = modules.length): Ism => ({
  ...{ type: "staticAggregationIsm", modules, threshold },
});
const foreign: Ism = { type: "foreign", address: account(9) };
const routed = (ism: Ism): Ism => ({
  ...{ type: "domainRoutingIsm", owner: account(1), routes: [{ domain: 5, ism }] },
});

const weighted = (): Ism => ({
  type: "weightedMessageIdMultisigIsm",
  signers: three.map((address, at) => ({ address, weight: at === 0 ? 5 : 2 })),
  thresholdWeight: 5,
});
const amounts = (upper: Ism): Ism => ({
  ...{ type: "amountRoutingIsm", lower: multisig(), upper, threshold: 5n },
});

const signers = (...at: number[]) => new Set(at.map((one) => three[one] ?? account(99)));

test.each<[string, Ism, number[], boolean | null]>([
  ["two of three", multisig(), [0, 2], true],
  ["one of three", multisig(), [1], false],
  ["one and a stranger", multisig(), [1, 7], false],
  ["two, and a module that is not paused", both([multisig(), pausable(false)]), [0, 1], true],
  ["two, and a module that is paused", both([multisig(), pausable(true)]), [0, 1], false],
  ["two where either module will do", both([multisig(), pausable(true)], 1), [0, 1], true],
  ["two, and a module that is not known", both([multisig(), foreign]), [0, 1], null],
  ["one, and a module that is not known", both([multisig(), foreign]), [0], false],
  ["two for a route", routed(multisig()), [0, 1], true],
  ["nobody where nobody knows", foreign, [], null],
  ["one who weighs enough", weighted(), [0], true],
  ["two who do not weigh enough", weighted(), [1, 2], false],
  ["nobody where anything is taken", { type: "testIsm" }, [], true],
  ["two where the amount decides between the like", amounts(multisig()), [0, 1], true],
  ["two where the amount decides", amounts(multisig(3)), [0, 1], null],
])("%s", (_, ism, at, enough) => {
  expect(isEnough(ism, 5, signers(...at))).toBe(enough);
});

const crowd: Ism = {
  ...{ type: "merkleRootMultisigIsm", threshold: 2 },
  validators: Array.from({ length: 51 }, (_, at) => account(20 + at)),
};

test.each<[string, Ism, Ism[]]>([
  ["a set", multisig(), []],
  ["weights", weighted(), [weighted()]],
  ["more validators than they ask", crowd, [crowd]],
  ["both, where both are needed", both([multisig(), weighted()]), [weighted()]],
  ["either, where one will do", both([multisig(), weighted()], 1), []],
  ["weights for a route", routed(weighted()), [weighted()]],
  ["weights from some amount on", amounts(weighted()), [weighted()]],
  ["what is not known", both([foreign, pausable(false)]), []],
])("Hyperlane's relayers and %s", (_, ism, modules) => {
  expect(unprovable(ism, 5)).toEqual(modules);
  expect(unprovable(routed(ism), 6)).toEqual([]);
});

test("an origin without a route is judged by nothing, and nobody's signature counts", () => {
  expect(judgeOf(routed(multisig()), 6)).toBeUndefined();
  expect(validatorsIn(routed(multisig()), 6)).toEqual([]);
  expect(isEnough(routed(multisig()), 6, signers(0, 1, 2))).toBe(false);
});

test("everybody counts once, whatever modules have them", () => {
  expect(validatorsIn(routed(both([multisig(), multisig(3), pausable(false)])), 5)).toEqual(three);
});

test("a paused module is found wherever it is", () => {
  expect(pausedIn(routed(both([multisig(), pausable(true)])), 5)).toBe(true);
  expect(pausedIn(routed(both([multisig(), pausable(false)])), 5)).toBe(false);
  expect(pausedIn(pausable(true), 5)).toBe(true);
});

const signatures = new Map(three.map((one, at) => [one, `0x${`${at}`.repeat(130)}` as Hex]));
const root = `0x${"ab".repeat(32)}` as Hex;
const place = { root, index: 4, messageId: root, path: Array<Hex>(32).fill(root) };
const evidence = { merkleTreeHook: account(3), ...place, signatures };

test("a proof has as many signatures as are asked for, in the order of the set", () => {
  const proof = proofFor(multisig(), 5, evidence) ?? "0x";
  expect(proof).toHaveLength(2 + 2 * (32 + 32 + 4 + 2 * 65));
  expect(proof.slice(-260)).toBe("0".repeat(130) + "1".repeat(130));
  const few = new Map([...signatures].slice(2));
  expect(proofFor(multisig(), 5, { ...evidence, signatures: few })).toBeUndefined();
});

test("a proof weighs as much as is asked for, and no more", () => {
  const size = (count: number) => 2 + 2 * (32 + 32 + 4 + 65 * count);
  expect(proofFor(weighted(), 5, evidence)).toHaveLength(size(1));
  const light = new Map([...signatures].slice(1));
  expect(proofFor(weighted(), 5, { ...evidence, signatures: light })).toBeUndefined();
  expect(validatorsIn(weighted(), 5)).toEqual(three);
});

test("of an aggregation no more modules are shown than are asked for", () => {
  const proof = proofFor(both([multisig(), multisig()], 1), 5, evidence) ?? "0x";
  expect(proof.slice(2, 34)).toBe(`00000010000000d6${"0".repeat(16)}`);
  expect(proofFor(both([multisig(), pausable(false)]), 5, evidence)).toBeDefined();
  expect(proofFor(both([multisig(), pausable(true)]), 5, evidence)).toBeUndefined();
  expect(proofFor(foreign, 5, evidence)).toBeUndefined();
});
