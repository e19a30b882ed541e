import { computeAddress, getCreateAddress, SigningKey } from "ethers";
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

type Shape = {
  name: string;
  kind?: "create" | "call";
  after?: number[];
  data?: Hex;
  value?: bigint;
  waits?: Step["waits"];
};

/** A plan on one chain: a counter, then what the shapes say, calls going to the counter. */
export function counterPlan(sender: Address, chain: PlannedChain, shapes: Shape[]): Plan {
  const target = getCreateAddress({ from: sender, nonce: chain.firstNonce }) as Address;
  const all: Shape[] = [{ name: "new Counter()", kind: "create" }, ...shapes];
  const id = (index: number) => `${chain.name}/${index}`;

  const steps = all.map((shape, index): Step => {
    const nonce = chain.firstNonce + index;
    const create = shape.kind === "create";
    const address = getCreateAddress({ from: sender, nonce }) as Address;
    return {
      id: id(index),
      chain: chain.name,
      script: 0,
      nonce,
      kind: create ? "create" : "call",
      to: create ? null : target,
      value: shape.value ?? 0n,
      data: shape.data ?? (create ? counter.init : "0x"),
      gas: 200_000,
      label: shape.name,
      creates: create ? [{ address, contract: "Counter" }] : [],
      after: (shape.after ?? (create ? [] : [0])).map(id),
      waits: shape.waits ?? null,
    };
  });
  return {
    format: "playbook.plan",
    version: 1,
    deployment: { repository: "acme/counter", environment: "test", release: "one" },
    sender,
    commit: null,
    chains: [chain],
    scripts: [{ target: "script/Count.s.sol", signature: null, arguments: [] }],
    steps,
    files: [],
  };
}
