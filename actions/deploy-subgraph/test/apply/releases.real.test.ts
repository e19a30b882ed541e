/*
 * How releases of ours go on a graph-node: on the stand-in in both of its switching modes, and on a
 * real one where PLAYBOOK_REAL_GRAPH says where it is (test/world/README.md).
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { temporaryFolder } from "@playbook/world";
import { builtSubgraph, setNetwork } from "../../../../test/products/live-subgraph.ts";
import { ask, httpNode } from "../../../../test/world/src/evm/rpc.ts";
import { Api } from "../../../../test/world/test/graph/api.ts";
import { Emitter, type Send } from "../../../../test/world/test/graph/emitter.ts";
import {
  type Kind,
  kinds,
  openPlaces,
  type Place,
} from "../../../../test/world/test/graph/place.ts";
import { type Inputs, run } from "../../src/run.ts";
import { quick, type Release, writeRelease } from "./scene.ts";
import { watch, wholeAnswers } from "./watch.ts";

const LAG = 5;
const parts = new AsyncDisposableStack();
let places: Map<Kind, Place>;
let folder: string;

beforeAll(async () => {
  folder = parts.use(await temporaryFolder("real-releases")).path;
  places = await openPlaces(parts);
}, 1_200_000);
afterAll(() => parts.disposeAsync());

describe.each(kinds)("on $who, which switches to what is $mode", (kind) => {
  const name = `khalani/release-${randomUUID().slice(0, 8)}`;
  const own = `${kinds.indexOf(kind)}`;
  let place: Place;
  let api: Api;
  let send: Send;
  let emits: Emitter;
  let build: string;
  let made: Release[];

  beforeAll(async () => {
    place = places.get(kind) as Place;
    api = new Api(place, place.token);
    const { call, close } = httpNode(place.rpc);
    parts.defer(close);
    send = (method, params = []) => ask(call, method, ...params);
    emits = await new Emitter(send).place();
    const at = { address: emits.address, startBlock: await height() };
    build = await builtSubgraph(join(folder, own), place.network, { Nexus: at, Vortex: at });
    await emits.sent(1n);
    await send("anvil_mine", ["0x20"]);
    made = [await release(1), await release(2)];
  }, 600_000);
  afterAll(async () => {
    for (const kept of ["", "-v1", "-v2", "-v3"]) {
      await api.admin("subgraph_remove", { name: name + kept });
    }
  });

  const height = async () => Number(await send<string>("eth_blockNumber"));
  const release = (order: number) => {
    const queries = { "sent.graphql": "{ transfers { amount } }" };
    return writeRelease(join(folder, `${own}-releases`), build, order, { queries });
  };
  const deploy = (one: Release | undefined, over: Partial<Inputs> = {}) =>
    run(
      {
        ...{ mode: "apply", name, release: one?.release ?? "", folder: one?.folder ?? "" },
        ...{ environment: "production", admin: place.adminUrl, adminToken: place.token },
        ...{ ipfs: place.ipfs, status: place.statusUrl, query: place.queryUrl },
        ...{ lag: LAG, wait: 86_400_000, deadline: 90_000_000, keep: 3, rollback: false },
        ...{ state: join(folder, `${own}-state`), repository: "khalani/nexus", run: "a test" },
        ...{ project: ".", sources: [], queries: "queries", allowBreaking: false, ...over },
      },
      quick(),
    );

  /** What a client sees while something is done: whole answers of these, and of these alone. */
  const seen = async (deployments: (Release | undefined)[], work: () => Promise<unknown>) => {
    const client = watch({ queryUrl: place.queryUrl }, name);
    await work();
    const known = deployments.map((one) => one?.deployment ?? "");
    return wholeAnswers(await client.end(), known, (await height()) - LAG, name);
  };

  test("one release takes another's place, and clients never see half of it", async () => {
    const [first, second] = made;
    const both = await seen(made, async () => {
      expect((await deploy(first)).outputs).toMatchObject({ state: "live", changed: true });
      expect((await deploy(second)).outputs).toMatchObject({ state: "live", changed: true });
    });
    expect(both).toEqual([first?.deployment, second?.deployment]);
    expect(await api.versions(name)).toMatchObject({
      ...{ current: second?.deployment, pending: null },
    });
  }, 300_000);

  test("one that fails leaves the other where it is", async () => {
    const [, second] = made;
    const bad = await new Emitter(send).place();
    const at = { address: bad.address, startBlock: await height() };
    await bad.sent(0n);
    await send("anvil_mine", ["0x20"]);
    await api.atBlock(second?.deployment ?? "", await height());
    await setNetwork(build, place.network, { Nexus: at, Vortex: at });
    const third = await release(3);

    const only = await seen([second], async () => {
      await expect(deploy(third)).rejects.toMatchObject({
        code: "deployment-failed",
        why: expect.stringContaining("a transfer of nothing"),
      });
    });
    expect(only).toEqual([second?.deployment]);
  }, 300_000);

  test("the way back is one step, and the same again is none", async () => {
    const [first, second] = made;
    const both = await seen([second, first], async () => {
      const back = await deploy(first, { rollback: true });
      expect(back.outputs).toMatchObject({ state: "live", changed: true });
    });
    expect(both.at(-1)).toBe(first?.deployment);
    expect((await deploy(first)).outputs).toMatchObject({ state: "live", changed: false });
  }, 300_000);
});
