import type { Address } from "@playbook/evm";
import { summarize } from "../src/summary.ts";
import { unjudgedOf, unjudgedOn } from "../src/unjudged.ts";

const account = (number: number) => `0x${String(number).repeat(40)}` as Address;
const signed = {
  ...{ type: "messageIdMultisigIsm" as const, address: account(1) },
  ...{ validators: [account(2), account(3)], threshold: 1 },
};
const foreign = { type: "foreign" as const, address: account(4) };

const site = (name: string, defaultIsm: object, over: object = {}) =>
  ({
    ...{ name, domain: name === "one" ? 1 : 2, stack: undefined, isConfigured: false },
    ...{ merkleTreeHook: account(5), state: { defaultIsm, hooks: [] } },
    ...over,
  }) as Parameters<typeof unjudgedOf>[0];

const route = { origin: "one", destination: "two" };
const on = (ism: object, over: object = {}) =>
  unjudgedOn(route, site("one", signed), site("two", ism, over));

test("a route whose messages a module judges that nobody knows is not judged, and drawn as that", () => {
  expect(on(signed)).toEqual([]);
  const [unjudged] = on(foreign);
  expect(unjudged).toMatchObject({ chain: "two", about: "messages from one" });
  expect(unjudged?.why).toContain(`Whom ${account(4)} counts on is not known`);
  const both = { type: "staticAggregationIsm", modules: [signed, foreign], address: account(6) };
  expect(on({ ...both, threshold: 2 })).toHaveLength(1);
  expect(on({ ...both, threshold: 1 })).toHaveLength(1);

  const summary = summarize({
    ...{ routes: [route], findings: [], messages: [], spent: [] },
    watched: { origins: [], unjudged: [unjudged] } as never,
  });
  expect(summary).toContain('-- "not judged" -->');
  expect(summary).toMatch(/What was not looked at[\s\S]*neither as well nor as wrong/);
});

test("a hook that nobody knows is named, and what follows where no tree is known", () => {
  const state = { defaultIsm: signed, hooks: [{ type: "foreign", address: account(7) }] };
  expect(unjudgedOf(site("one", signed))).toEqual([]);
  const [known] = unjudgedOf(site("one", signed, { state }));
  expect(known).toMatchObject({ chain: "one", about: account(7) });
  expect(known?.why).not.toContain("validators sign");
  const within = { type: "aggregationHook", address: account(8), hooks: state.hooks };
  const nested = { ...state, hooks: [within, ...state.hooks] };
  expect(unjudgedOf(site("one", signed, { state: nested }))).toEqual([known]);
  const [lost] = unjudgedOf(site("one", signed, { state, merkleTreeHook: undefined }));
  expect(lost?.why).toContain("whether validators sign is not looked at");
});

test("of zkSync's stack it is said why, and that its config is not held against it", () => {
  const other = { stack: "zksync", isConfigured: true };
  expect(unjudgedOf(site("one", signed, other))).toMatchObject([{ about: "its core config" }]);
  expect(on(foreign, other)[0]?.why).toContain("zkSync's stack");
});
