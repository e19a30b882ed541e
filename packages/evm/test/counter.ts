import {
  computeAddress,
  concat,
  getCreate2Address,
  getCreateAddress,
  keccak256,
  SigningKey,
  zeroPadValue,
} from "ethers";
import type { Address, Hex, Plan, PlannedChain, Signer, Step } from "../src/index.ts";

/**
 * A contract that counts every call in slot 0, so that a step that takes effect twice shows. It
 * reverts when its data begins with 0xdead.
 */
function assemble(): { init: Hex; runtime: Hex } {
  // PUSH1 0 CALLDATALOAD PUSH1 0xf0 SHR PUSH2 0xdead EQ PUSH1 dest JUMPI
  // PUSH1 1 PUSH1 0 SLOAD ADD PUSH1 0 SSTORE STOP JUMPDEST PUSH1 0 PUSH1 0 REVERT
  const head = "60003560f01c61dead14";
  const body = "6001600054016000550000";
  const dest = (head.length + 6 + body.length) / 2;
  const jump = `60${dest.toString(16).padStart(2, "0")}57`;
  const runtime = `${head}${jump}${body}5b60006000fd`;
  const size = (runtime.length / 2).toString(16).padStart(2, "0");
  return { init: `0x60${size}600c60003960${size}6000f3${runtime}`, runtime: `0x${runtime}` };
}

export const counter = assemble();

/** The factory for CREATE2 that stands at this address on almost every chain, and on an anvil. */
export const FACTORY = "0x4e59b44847b379578588920cA78FbF26c0B4956C" as Address;

export type TestKey = Signer & { signatures: number };

/** A key of this process in place of a KMS key: a signer all the same. */
export function testKey(secret: Hex = `0x${"11".repeat(32)}`): TestKey {
  const key = new SigningKey(secret);
  return {
    address: computeAddress(key.publicKey) as Address,
    signatures: 0,
    async sign(digest) {
      this.signatures += 1;
      const { r, s, yParity } = key.sign(digest);
      return { r: r as Hex, s: s as Hex, yParity };
    },
  };
}

export type Shape = {
  name: string;
  kind?: Step["kind"];
  after?: number[];
  data?: Hex;
  value?: bigint;
  gas?: number;
  waits?: Step["waits"];
};

/** Steps on one chain: a counter, then what the shapes say, calls going to the counter. */
export function counterSteps(sender: Address, chain: PlannedChain, shapes: Shape[]): Step[] {
  const target = getCreateAddress({ from: sender, nonce: chain.firstNonce }) as Address;
  const all: Shape[] = [{ name: "new Counter()", kind: "create" }, ...shapes];
  const id = (index: number) => `${chain.name}/${index}`;

  return all.map((shape, index): Step => {
    const { kind = "call" } = shape;
    const nonce = chain.firstNonce + index;
    const made = { create: created(sender, nonce), create2: deterministic(sender, index) };
    const making = kind === "create" || kind === "create2" ? made[kind] : undefined;
    return {
      id: id(index),
      chain: chain.name,
      script: 0,
      nonce,
      kind,
      to: making ? making.to : target,
      value: shape.value ?? 0n,
      data: shape.data ?? making?.data ?? "0x",
      gas: shape.gas ?? 200_000,
      label: shape.name,
      creates: making ? [{ address: making.address, contract: "Counter" }] : [],
      after: (shape.after ?? (making ? [] : [0])).map(id),
      waits: shape.waits ?? null,
    };
  });
}

function created(from: Address, nonce: number) {
  const address = getCreateAddress({ from, nonce }) as Address;
  return { to: null, data: counter.init, address };
}

/** One salt for each sender and step: made twice, it reverts. */
function deterministic(sender: Address, index: number) {
  const salt = keccak256(
    zeroPadValue(concat([sender, `0x${index.toString(16).padStart(4, "0")}`]), 32),
  );
  const address = getCreate2Address(FACTORY, salt, keccak256(counter.init)) as Address;
  return { to: FACTORY, data: concat([salt, counter.init]) as Hex, address };
}

/** A plan of the same shapes on one chain or several. */
export function counterPlan(
  sender: Address,
  chain: PlannedChain | PlannedChain[],
  shapes: Shape[],
  release = "one",
): Plan {
  const chains = [chain].flat();
  return {
    format: "playbook.plan",
    version: 1,
    deployment: { repository: "acme/counter", environment: "test", release },
    sender,
    commit: null,
    chains,
    scripts: [
      { line: "script/Count.s.sol", target: "script/Count.s.sol", signature: null, arguments: [] },
    ],
    steps: chains.flatMap((one) => counterSteps(sender, one, shapes)),
    files: [],
    records: null,
  };
}
