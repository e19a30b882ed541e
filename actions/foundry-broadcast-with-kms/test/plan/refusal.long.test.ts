import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ActionError } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { startWorld, type World } from "@playbook/world";
import { makePlan, type PlanInputs } from "../../src/plan/planner.ts";
import { openProduct, type Product } from "./product.ts";
import { SENDER } from "./sender.ts";

const CORE = 'script/Core.s.sol:Core --sig "run(uint256)" 1000';

let product: Product;
let world: World<[{ id: 5; name: "alpha" }, { id: 10012; name: "beta" }]>;

beforeAll(async () => {
  [product, world] = await Promise.all([
    openProduct("vaults"),
    startWorld({
      chains: [
        { id: 5, name: "alpha" },
        { id: 10012, name: "beta" },
      ],
    }),
  ]);
});

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await product?.[Symbol.asyncDispose]();
});

/** What planning is refused with: one chain, unless said otherwise. */
async function refusal(script: string, over: Partial<PlanInputs> = {}): Promise<ActionError> {
  const inputs = await product.inputs(world.chains.slice(0, 1), script);
  return refused({ ...inputs, ...over });
}

async function refused(inputs: PlanInputs): Promise<ActionError> {
  return makePlan(inputs, contextForTests(), product.env).then(
    () => {
      throw new Error("it was planned");
    },
    (error) => error as ActionError,
  );
}

const bad = (call: string) => `script/Bad.s.sol:Bad --sig "${call}"`;

describe("a script is refused", () => {
  test("that wants a private key, with the two lines to change", async () => {
    const error = await refusal(bad("keyFromEnvironment()"));
    expect(error.code).toBe("raw-key");
    expect(error.why).toContain("It reads DEPLOYER_PRIVATE_KEY from the environment.");
    expect(error.next).toContain(
      '- vm.startBroadcast(vm.envUint("DEPLOYER_PRIVATE_KEY"));\n  + vm.startBroadcast();',
    );
    expect(error.next).toContain("+ address deployer = msg.sender;");
  });

  test("that sends with a key of its own, with the line that does", async () => {
    const error = await refusal(bad("keyOfItsOwn()"));
    expect(error.code).toBe("other-sender");
    expect(error.what).toContain("0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
    expect(error.what).toContain(SENDER);
    expect(error.why).toMatch(
      /^script\/Bad\.s\.sol:\d+ chooses a sender itself: vm\.startBroadcast/,
    );
  });

  test("that reverts, with its reason and the end of the trace", async () => {
    const error = await refusal(bad("reverts()"));
    expect(error.code).toBe("script-reverted");
    expect(error.why).toContain("TooMany(3, 0x000000000000000000000000000000000000bEEF)");
    expect(error.why).toContain("Bad::reverts()");
    expect(error.why).toContain("← [Revert]");
  });

  test("that reads a variable which is not set", async () => {
    const error = await refusal(bad("unsetVariable()"));
    expect(error).toMatchObject({
      code: "missing-variable",
      why: "It reads the environment variable NOWHERE_TO_BE_FOUND, which is not set.",
    });
  });

  test("whose transactions succeed in the simulation only, thanks to cheatcodes", async () => {
    const error = await refusal(bad("withoutMoney()"));
    expect(error.code).toBe("step-reverts");
    expect(error.why).toContain("Poor: no money");
  });

  test("that leaves nonces out", async () => {
    const error = await refusal(bad("skipsNonces()"));
    expect(error).toMatchObject({
      code: "nonce-gap",
      what: "The transaction with nonce 90 on alpha should have nonce 0.",
    });
  });

  test("that sends to a chain which the release does not name", async () => {
    const [, beta] = world.chains;
    const error = await refusal(`${bad("ownUrl(string)")} ${beta.url}`);
    expect(error).toMatchObject({
      code: "chain-not-named",
      why: "The release names alpha (5).",
    });
  });

  test.each([CORE, bad("spies()")])("that runs on none of several chains: %s", async (line) => {
    const error = await refused(await product.inputs(world.chains, line));
    expect(error.code).toBe("no-chain-chosen");
    expect(error.why).toBe("The release has several: alpha, beta.");
  });

  test("whose line names a file that is not there", async () => {
    const error = await refusal("script/Cor.s.sol:Core");
    expect(error).toMatchObject({
      code: "no-script-file",
      what:
        "There is no file script/Cor.s.sol, which the script " +
        'line "script/Cor.s.sol:Core" names.',
    });
  });

  test("whose line asks for a chain which the release does not name", async () => {
    const error = await refusal(`${CORE} --rpc-url gamma`);
    expect(error).toMatchObject({
      code: "bad-script",
      why: "--rpc-url names no chain of the release: those are alpha.",
      next: expect.stringContaining("Write a chain's name after --rpc-url"),
    });
  });

  test("whose function is not there, in forge's words", async () => {
    const error = await refusal(bad("nonesuch()"));
    expect(error.code).toBe("script-failed");
    expect(error.why).toContain("Function `nonesuch()` is not implemented in your script.");
  });
});

describe("a project is refused", () => {
  test("without foundry.toml", async () => {
    const error = await refusal(CORE, { project: join(product.project, "src") });
    expect(error.code).toBe("no-project");
    expect(error.what).toBe(`There is no foundry.toml in ${join(product.project, "src")}.`);
  });

  test("without the profile that is asked for", async () => {
    const error = await refusal(CORE, { profile: "leen" });
    expect(error).toMatchObject({
      code: "bad-project",
      why: 'It has no profile "leen", only default, lean.',
    });
  });

  test("that does not compile, with the compiler's words", async () => {
    const project = await product.checkout();
    await writeFile(join(project, "src/Registry.sol"), "contract Registry { uint x = ; }\n");
    const error = await refusal(CORE, { project });
    expect(error.code).toBe("compile-failed");
    expect(error.why).toContain("Expected primary expression");
    expect(error.why).toContain("src/Registry.sol:1:");
  });

  test("for which there is no compiler", async () => {
    const project = await product.checkout();
    await mkdir(join(project, "script"), { recursive: true });
    await writeFile(join(project, "script/Old.s.sol"), "pragma solidity 0.6.11; contract Old {}\n");
    const error = await refusal("script/Old.s.sol:Old", { project });
    expect(error.code).toBe("no-solc");
    expect(error.why).toContain("=0.6.11");
  });
});

describe("a chain is refused", () => {
  test("that nobody answers for, without showing its URL's secret", async () => {
    const rpcUrls = [{ name: "alpha", value: "http://127.0.0.1:1/v2/key-of-mine" }];
    const error = await refusal(CORE, { rpcUrls });
    expect(error.code).toBe("rpc-unreachable");
    expect(error.what).toBe("alpha cannot be asked through 127.0.0.1:1.");
    expect(error.message).not.toContain("key-of-mine");
  });

  test("that is another one than its name says", async () => {
    const [, beta] = world.chains;
    const error = await refusal(CORE, { rpcUrls: [{ name: "alpha", value: beta.url }] });
    expect(error).toMatchObject({
      code: "wrong-chain",
      why: "It says that its chain id is 10012; 5 is expected for alpha.",
    });
  });

  test("that the chains file does not have", async () => {
    const error = await refusal(CORE, { chains: ["alhpa"] });
    expect(error.code).toBe("unknown-chain");
    expect(error.next).toContain('"alpha"');
  });

  test("when there is no chains file", async () => {
    const error = await refusal(CORE, { chainsFile: "nowhere.yaml" });
    expect(error.code).toBe("no-chains-file");
  });
});

test("an anvil that cannot fork the chain is told in its own words", async () => {
  const tools = join(world.dir, "tools");
  await mkdir(tools);
  const program =
    '#!/bin/sh\n[ "$1" = --version ] && echo 1.7.1 || echo "Error: no state for you" >&2\n';
  await writeFile(join(tools, "anvil"), program, { mode: 0o755 });
  const inputs = await product.inputs(world.chains.slice(0, 1), CORE);
  const env = { ...product.env, PATH: `${tools}:${product.env.PATH}` };

  const planning = makePlan(inputs, contextForTests(), env);

  await expect(planning).rejects.toMatchObject({
    code: "fork-failed",
    what: "There is no local fork of alpha.",
    why: expect.stringContaining("no state for you"),
  });
});

test("a chain may be its id alone, with a URL", async () => {
  const [alpha] = world.chains;
  const inputs = await product.inputs([alpha], CORE);
  const { plan } = await makePlan(
    {
      ...inputs,
      chains: ["5"],
      chainsFile: "nowhere.yaml",
      rpcUrls: [{ name: "5", value: `${alpha.url}/?key=mine` }],
    },
    contextForTests(),
    product.env,
  );
  expect(plan.chains).toMatchObject([{ name: "5", chainId: 5 }]);
  expect(JSON.stringify(plan.chains, (_, v) => (typeof v === "bigint" ? `${v}` : v))).not.toContain(
    "mine",
  );
});

test("of two URLs the second serves when the first does not", async () => {
  const [alpha] = world.chains;
  const dead = { name: "alpha", value: "http://127.0.0.1:1" };
  const inputs = await product.inputs([alpha], CORE);
  const { plan } = await makePlan(
    { ...inputs, rpcUrls: [dead, { name: "alpha", value: alpha.url }] },
    contextForTests(),
    product.env,
  );
  expect(plan.steps.length).toBeGreaterThan(0);
});

test("a repository around the project is found, and not written to", async () => {
  const home = join(world.dir, "monorepo");
  await mkdir(join(home, ".git"), { recursive: true });
  await cp(product.project, join(home, "packages/contracts"), { recursive: true });
  await cp(join(product.project, "lib"), join(home, "shared"), { recursive: true });
  const project = join(home, "packages/contracts");
  await rm(join(project, "lib"), { recursive: true });
  const toml = await readFile(join(project, "foundry.toml"), "utf8");
  const moved = toml.replaceAll("lib/cheats", "../../shared/cheats");
  await writeFile(join(project, "foundry.toml"), moved);
  const inputs = await product.inputs(world.chains.slice(0, 1), CORE);

  const { plan } = await makePlan({ ...inputs, project }, contextForTests(), product.env);

  expect(plan.files.map(({ path }) => path)).toEqual(["config/core.json"]);
});

test("a script that has been sent before and deploys to the same address again is refused", async () => {
  const [, beta] = world.chains;
  await product.broadcast(await product.checkout(), [beta], CORE);

  const error = await refused(await product.inputs([beta], CORE));

  expect(error).toMatchObject({
    code: "already-deployed",
    what: `The script would deploy what is there: ${CORE}`,
    why: expect.stringMatching(/^It creates a contract at 0x\w{40}, where one stands already/),
    next: expect.stringContaining("leave its line out, or change the salt"),
  });
});
