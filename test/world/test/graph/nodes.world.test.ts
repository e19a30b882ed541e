import { join } from "node:path";
import { startOriginalGraphNode } from "@playbook/world";
import { graphCli, installProduct } from "../../../products/install.ts";
import { pinSubgraph, setNetwork } from "../../../products/live-subgraph.ts";
import { Api } from "./api.ts";
import { starts } from "./place.ts";
import { openStage, TOKEN } from "./stage.ts";

describe.each(Object.entries(starts))("%s", (_, start) => {
  let stage: Awaited<ReturnType<typeof openStage>>;
  beforeAll(async () => {
    stage = await openStage(start);
  }, 1_200_000);
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test("the admin API answers nobody without its token", async () => {
    const { node } = stage;
    for (const token of [undefined, "guessed"]) {
      const answer = await new Api(node, token).admin("subgraph_create", { name: "khalani/x" });
      expect(answer).toEqual({ error: "Unauthorized" });
    }
  });

  test("a node that was killed knows its names, and what it indexed", async () => {
    const { newBuild, height, node, api } = stage;
    const hash = await newBuild();
    await api.deploy("killed", hash);
    const before = await api.atBlock(hash, await height());
    await node.down();
    await expect(api.status(hash)).rejects.toThrow("fetch failed");

    await node.up();

    expect(await api.status(hash)).toMatchObject({ ...before, chains: expect.anything() });
    const { data } = await api.byName("killed", "{ transfers { amount } }");
    expect(data.transfers).toEqual([{ amount: "1" }]);
  });

  test("a build that IPFS does not have, or that nobody can ask it for, is not deployed", async () => {
    const { newBuild, api, ipfs } = stage;
    const missing = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
    await expect(api.deploy("missing", missing)).rejects.toThrow("subgraph resolve error");
    const hash = await newBuild();
    await ipfs.down();

    const deployed = api.deploy("missing", hash);

    await expect(deployed).rejects.toThrow("subgraph resolve error");
    await ipfs.up();
    await expect(api.deploy("missing", hash)).resolves.toBeUndefined();
  });

  test("a network that it does not index is refused", async () => {
    const { emits, api, ipfs, build } = stage;
    const from = { address: emits.address, startBlock: 0 };
    await setNetwork(build, "mainnet", { Nexus: from, Vortex: from });

    const deployed = api.deploy("elsewhere", await pinSubgraph(build, ipfs.url));

    await expect(deployed).rejects.toThrow("network not supported by registrar");
  });
});

test("graph-cli deploys to graph-node itself, and calls what fails at its first event a success", async () => {
  await using stage = await openStage(startOriginalGraphNode);
  const { height, emits, node, api, ipfs, dir } = stage;
  const folder = await installProduct("subgraph", join(dir, "product"), {
    compiled: "default",
  });
  await setNetwork(folder, "alpha", {
    Nexus: { address: emits.address, startBlock: await height() },
    Vortex: { address: emits.address, startBlock: await height() },
  });
  await emits.sent(0n);
  await graphCli(folder, "create", "cli", "--node", node.adminUrl, "--access-token", TOKEN);
  const to = ["--node", node.adminUrl, "--ipfs", `${ipfs.url}/api/v0`, "--deploy-key", TOKEN];

  await graphCli(folder, "deploy", "cli", ...to, "--version-label", "v1");

  const { current } = await api.versions("cli");
  const { fatalError } = await api.until(current, ({ health }) => health === "failed");
  expect(fatalError?.message).toContain("a transfer of nothing");
}, 600_000);
