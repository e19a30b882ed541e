import type { Chain } from "@playbook/world";
import { Interface, keccak256 } from "ethers";
import { type Block, variablesOf } from "./terminal.ts";
import { blocks, openTreasury, SAFE, type Treasury } from "./treasury.ts";

const SEND = "eth_sendRawTransaction";
const THIEF = "0x000000000000000000000000000000000000dEaD";

const treasury = new Interface([
  "function owner() view returns (address)",
  "function payments() view returns (uint256)",
  "function hasRole(bytes32, address) view returns (bool)",
  "function OPERATOR_ROLE() view returns (bytes32)",
]);

const commandsOf = (heading: string): Block[] =>
  blocks.filter((block) => block.heading === heading && block.language === "sh");

async function ask(chain: Chain, to: string, name: string, ...args: unknown[]): Promise<unknown> {
  const data = treasury.encodeFunctionData(name, args);
  const answer = await chain.send<string>("eth_call", [{ to, data }, "latest"]);
  return treasury.decodeFunctionResult(name, answer)[0];
}

/** What the Safe does with the calls that its owners have signed. */
async function bySafe(chain: Chain, to: string, calls: string[]): Promise<void> {
  await chain.setBalance(SAFE, 10n ** 18n);
  for (const data of calls) await chain.sendAs(SAFE, { to, data, gas: "0x30d40" });
}

test("the page's reader is told each variable that the commands need", () => {
  const own = ["TREASURY", "NAME", "REGION", "ROLE", "STATE", "KEY", "SENDER", "PROJECT", "CHAINS"];
  expect(variablesOf(blocks).sort()).toEqual([...own, "RPC", "SAFE"].sort());
});

test("a key is rotated by the commands of the page", async () => {
  await using at = await openTreasury();
  const { terminal, chain, address } = at;
  const steps = commandsOf("Rotation");
  for (const [index, { text }] of steps.entries()) {
    const said = await terminal.run(text);
    if (index === 0) expect(said).toContain("free");
    const next = await terminal.variable("NEW_SENDER");
    if (next) await chain.setBalance(next, 10n ** 20n);
  }

  const next = await terminal.variable("NEW_SENDER");
  const operator = await ask(chain, address, "OPERATOR_ROLE");
  expect(await ask(chain, address, "owner")).toBe(next);
  expect(await ask(chain, address, "hasRole", operator, at.account.SENDER)).toBe(false);
  expect(await ask(chain, address, "payments")).toBe(2n);
  await expect(terminal.run(at.pay("too-late", 1))).rejects.toThrow("Treasury: no operator");
}, 300_000);

/** A release whose run dies when its bytes are stored and none of them is sent; the first bytes. */
async function dieBeforeSending({ terminal, chain, pay }: Treasury): Promise<string> {
  const unsent: string[] = [];
  const rule = chain.chaos.rule({ method: SEND, action: { kind: "drop" } });
  const forget = chain.chaos.onCall(async (phase, { method, params }) => {
    if (phase !== "before" || method !== SEND) return;
    unsent.push(String(params[0]));
    await terminal.kill();
  });
  await expect(terminal.run(pay("pay-1", 3))).rejects.toThrow("ended with null");
  forget();
  rule.remove();
  return unsent[0] ?? "";
}

/** Somebody with a session of the role takes the treasury, past the library. */
async function steal({ terminal, aws, account }: Treasury): Promise<void> {
  const session = aws.openSession(account.ROLE, { name: "thief" });
  const env = { ...aws.environment(session), AWS_KMS_KEY_ID: account.KEY };
  const set = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
  const send = `cast send --aws --rpc-url "$RPC" "$TREASURY" "transferOwnership(address)" ${THIEF}`;
  await terminal.run(`${set.join(" ")} ${send}`);
}

test("a key that somebody else has used is switched off, and what it held is saved", async () => {
  await using at = await openTreasury();
  const { terminal, chain, address } = at;
  const sender = at.account.SENDER;
  const unsent = await dieBeforeSending(at);
  await steal(at);
  expect(await ask(chain, address, "owner")).toBe(THIEF);

  const [disable, look, publish, audit, renew, save, ...rest] = commandsOf("Compromise");
  await terminal.run(disable?.text ?? "");
  await expect(terminal.run(at.pay("pay-1", 3))).rejects.toThrow("code: key-disabled");
  expect(await terminal.run(look?.text ?? "")).toContain("acme/treasury production pay-1");
  expect(await terminal.read("ours.txt")).toContain(unsent);
  // The first nonce was taken for the theft; the others are used up by what was planned for them.
  await terminal.run(publish?.text ?? "");
  await chain.mine();
  expect(await chain.nonce(sender)).toBe(4);
  const said = await terminal.run(audit?.text ?? "");
  // Two runs, with one on trial each, and the thief's.
  expect(said).toContain("7 signatures, 4 of them in the ledger");
  expect(said).toContain("\tthief\t");
  expect(said.match(/not on the chain/g)).toHaveLength(1);
  expect(said).toContain(`not on the chain: ${keccak256(unsent)}`);

  await terminal.run(renew?.text ?? "");
  const next = await terminal.variable("NEW_SENDER");
  await chain.setBalance(next, 10n ** 20n);
  await terminal.run(save?.text ?? "");
  await bySafe(chain, address, (await terminal.read("safe.txt")).trim().split("\n"));
  for (const { text } of rest) await terminal.run(text);

  const operator = await ask(chain, address, "OPERATOR_ROLE");
  expect(await ask(chain, address, "owner")).toBe(next);
  expect(await ask(chain, address, "hasRole", operator, sender)).toBe(false);
  expect(await ask(chain, address, "payments")).toBe(2n);
}, 300_000);
