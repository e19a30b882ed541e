import { join } from "node:path";
import { type Chain, type ChainOptions, startWorld, type World } from "@playbook/world";
import type { Address, Plan } from "../src/index.ts";
import { faultsOf } from "./auditor.ts";
import { counterPlan, type Shape } from "./counter.ts";
import { freshSecret, type Over, type Rig, rigOn } from "./rig.ts";

export const SEND = "eth_sendRawTransaction";
export const GWEI = 1_000_000_000n;

export type Stage<Name extends string> = {
  chain(name: Name): Chain;
  /** A key that nobody has used, and a folder of its own for state, on one of the chains. */
  rigAt(name: Name): Promise<Rig>;
};

/** Chains for the tests of a file, by a name that says what is special; calm after each test. */
export function stage<const Name extends string>(options: Record<Name, ChainOptions>): Stage<Name> {
  const names = Object.keys(options) as Name[];
  let world: World<ChainOptions[]>;
  let states = 0;
  const chain = (name: Name) => world.chains[names.indexOf(name)] as Chain;

  beforeAll(async () => {
    world = await startWorld({ chains: Object.values<ChainOptions>(options) });
  }, 60_000);
  afterAll(() => world[Symbol.asyncDispose]());
  afterEach(() => {
    for (const { chaos } of world.chains) {
      chaos.calm();
      chaos.forget();
    }
  });
  return {
    chain,
    rigAt: (name) => {
      states += 1;
      return rigOn(chain(name), join(world.dir, `state-${states}`), freshSecret());
    },
  };
}

/** Calls that count. */
export const calls = (count: number): Shape[] =>
  Array.from({ length: count }, (_, index) => ({ name: `count(${index})` }));

export const planOn = ({ key, planned }: Rig, shapes: Shape[], release?: string): Plan =>
  counterPlan(key.address, planned, shapes, release);

export const counterOf = (plan: Plan) => plan.steps[0]?.creates[0]?.address as Address;

/** What an auditor finds wrong with a plan that should be complete. */
export const faults = ({ chain, key }: Rig, plan: Plan): Promise<string[]> =>
  faultsOf(chain, key.address, plan.steps, counterOf(plan));

type Mining = Over & {
  /** Called after each block. */
  between?: () => Promise<void>;
};

/** Runs a plan while blocks are mined on demand, until it ends. */
export async function mining(rig: Rig, plan: Plan, { between, ...over }: Mining = {}) {
  let ended = false;
  const running = rig.run(plan, { pause: 20, ...over }).finally(() => {
    ended = true;
  });
  const miner = async () => {
    while (!ended) {
      await rig.chain.mine();
      await between?.();
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  const [result] = await Promise.all([running, miner()]);
  return result;
}
