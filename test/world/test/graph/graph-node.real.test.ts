/*
 * What graph-node does, as far as this project relies on it. It holds for graph-node itself and for
 * the stand-in, in both switching modes, and for another one when this says where it is:
 *
 *   PLAYBOOK_REAL_GRAPH='mode=instant&network=NAME&rpc=URL&ipfs=URL&admin=URL&status=URL&queries=URL'
 *
 * `mode` is its EXPERIMENTAL_SUBGRAPH_VERSION_SWITCHING_MODE, `rpc` an anvil that it indexes as the
 * network NAME, `status` ends with `/graphql`; `&token=…` where a proxy before its admin wants one.
 * The suite mines there and removes its names again. How to start all that: test/world/README.md.
 */
import { randomUUID } from "node:crypto";
import { temporaryFolder } from "@playbook/world";
import { builtSubgraph, pinSubgraph, setNetwork } from "../../../products/live-subgraph.ts";
import { ask, httpNode } from "../../src/evm/rpc.ts";
import { Api } from "./api.ts";
import { Emitter, type Send } from "./emitter.ts";
import { type Kind, kinds, openPlaces, type Place } from "./place.ts";

/** graph-node calls a deployment synced that is as close to the head as this. */
const CAUGHT_UP = 10;

const parts = new AsyncDisposableStack();
let places: Map<Kind, Place>;
const names: string[] = [];
let build: string;

beforeAll(async () => {
  const folder = parts.use(await temporaryFolder("graph-contract"));
  const nowhere = { address: `0x${"0".repeat(40)}`, startBlock: 0 };
  build = await builtSubgraph(folder.path, "alpha", { Nexus: nowhere, Vortex: nowhere });
  places = await openPlaces(parts);
}, 1_200_000);

afterAll(() => parts.disposeAsync());

describe.each(kinds)("$who, which switches to what is $mode", (kind) => {
  const { mode } = kind;
  let place: Place;
  let api: Api;
  let send: Send;
  beforeAll(() => {
    place = places.get(kind) as Place;
    api = new Api(place, place.token);
    const { call, close } = httpNode(place.rpc);
    parts.defer(close);
    send = (method, params = []) => ask(call, method, ...params);
  });
  afterEach(async () => {
    for (const name of names.splice(0)) await api.admin("subgraph_remove", { name });
  });

  const newName = () => {
    const name = `khalani/contract-${randomUUID().slice(0, 8)}`;
    names.push(name);
    return name;
  };
  const height = async () => Number(await send<string>("eth_blockNumber"));
  const mine = (blocks: number) => send("anvil_mine", [`0x${blocks.toString(16)}`]);
  /** A build that watches an emitter from the next block on. */
  const pinned = async ({ address }: Emitter) => {
    const from = { address, startBlock: await height() };
    await setNetwork(build, place.network, { Nexus: from, Vortex: from });
    return pinSubgraph(build, place.ipfs);
  };
  const emitter = () => new Emitter(send).place();
  /** One that is deployed, synced and healthy. */
  const living = async (name: string) => {
    const emits = await emitter();
    const hash = await pinned(emits);
    await api.deploy(name, hash);
    await api.atBlock(hash, await emits.sent(1n));
    return { emits, hash };
  };
  /** One that fails at a block that is too far from the head to be called synced. */
  const failing = async () => {
    const emits = await emitter();
    const hash = await pinned(emits);
    const block = await emits.sent(0n);
    await mine(2 * CAUGHT_UP);
    return { hash, block };
  };

  test("a name is created as often as one likes", async () => {
    const name = newName();

    const first = await api.admin("subgraph_create", { name });
    const second = await api.admin("subgraph_create", { name });

    expect(first).toMatchObject({ result: { id: expect.any(String) } });
    expect(second).toEqual(first);
  });

  test("nothing is deployed to a name that was never created", async () => {
    const hash = await pinned(await emitter());
    const name = newName();

    const { error } = await api.admin("subgraph_deploy", { name, ipfs_hash: hash });

    expect(error).toEqual({ code: 0, message: `subgraph name not found: ${name}` });
    expect(await api.status(hash)).toBeUndefined();
  });

  test("what is no name, and no method, is refused", async () => {
    const { error } = await api.admin("subgraph_create", { name: "khalani/1" });
    expect(error).toEqual({
      code: -32602,
      message: expect.stringMatching(/^Invalid params: .*expected valid subgraph name/),
    });

    const unknown = await api.admin("subgraph_list", {});
    expect(unknown.error).toEqual({ code: -32601, message: "Method not found" });
  });

  test("a deployment is healthy and synced, and answers under its name and its hash", async () => {
    const name = newName();
    const { hash, emits } = await living(name);
    const block = await emits.sent(3n);

    const status = await api.atBlock(hash, block);

    expect(status).toMatchObject({ subgraph: hash, synced: true, health: "healthy" });
    expect(status).toMatchObject({ fatalError: null, paused: false, node: expect.any(String) });
    expect(status.chains[0]).toMatchObject({ network: place.network });
    expect(status.chains[0]?.latestBlock?.hash).toMatch(/^[\da-f]{64}$/);
    const query = "{ transfers { amount } _meta { deployment hasIndexingErrors } }";
    const data = {
      transfers: expect.arrayContaining([{ amount: "1" }, { amount: "3" }]),
      _meta: { deployment: hash, hasIndexingErrors: false },
    };
    expect(await api.byName(name, query)).toEqual({ data });
    expect(await api.byId(hash, query)).toEqual({ data });
  });

  test("a page of any origin may ask it", async () => {
    const name = newName();
    await living(name);

    const asked = await fetch(`${place.queryUrl}/subgraphs/name/${name}`, { method: "OPTIONS" });

    expect(asked.status).toBe(200);
    expect(asked.headers.get("access-control-allow-origin")).toBe("*");
    expect(asked.headers.get("access-control-allow-headers")).toMatch(/content-type/i);
    expect(asked.headers.get("access-control-allow-methods")).toContain("POST");
  });

  test("a query that does not fit the schema, and a name that nobody has, are errors", async () => {
    const name = newName();
    await living(name);

    const wrong = await api.byName(name, "{ transfers { colour } }");
    expect(wrong.data).toBeUndefined();
    expect(wrong.errors?.[0]?.message).toContain("colour");

    const nobody = await api.byName("khalani/nobody", "{ _meta { deployment } }");
    expect(nobody.errors?.[0]?.message).toBe("deployment `khalani/nobody` does not exist");
  });

  test("a block that is not indexed yet is an error, not an older answer", async () => {
    const name = newName();
    await living(name);
    const far = (await height()) + 1_000;

    const { errors } = await api.byName(name, `{ transfers(block: { number: ${far} }) { id } }`);

    expect(errors?.[0]?.message).toContain("has only indexed up to block number");
  });

  test("one that fails is deployed all the same: only its status says so", async () => {
    const name = newName();
    const { hash, block } = await failing();
    await api.deploy(name, hash);

    const status = await api.until(hash, ({ health }) => health === "failed");

    expect(status).toMatchObject({ synced: false, fatalError: { deterministic: true } });
    expect(status.fatalError?.message).toContain("a transfer of nothing");
    expect(status.fatalError?.message).toContain("in handler `handleSent` at block");
    expect(status.fatalError?.block.number).toBe(String(block));
    expect(status.chains[0]?.latestBlock?.number).toBe(String(block));
  });

  test("it answers nothing but what it is, and what it knew before", async () => {
    const name = newName();
    const { hash, block } = await failing();
    await api.deploy(name, hash);
    await api.until(hash, ({ health }) => health === "failed");
    const meta = "_meta { deployment hasIndexingErrors }";
    const told = { _meta: { deployment: hash, hasIndexingErrors: true } };

    const both = await api.byName(name, `{ transfers { id } ${meta} }`);
    expect(both).toEqual({ data: told, errors: [{ message: "indexing_error" }] });
    expect(await api.byName(name, `{ ${meta} }`)).toEqual({ data: told });
    const before = await api.byName(name, `{ transfers(block: { number: ${block - 1} }) { id } }`);
    expect(before).toEqual({ data: { transfers: [] } });
  });

  test(
    mode === "instant"
      ? "a version that fails takes a living one's place"
      : "a version that fails leaves the living one in its place",
    async () => {
      const name = newName();
      const old = await living(name);
      const { hash } = await failing();
      await api.deploy(name, hash);
      await api.until(hash, ({ health }) => health === "failed");

      const versions = await api.versions(name);
      const { data } = await api.byName(name, "{ _meta { deployment } }");

      const [current, pending] = mode === "instant" ? [hash, null] : [old.hash, hash];
      expect(versions).toMatchObject({ current, pending });
      expect(data._meta.deployment).toBe(current);
      const node = mode === "instant" ? null : expect.any(String);
      expect(await api.status(old.hash)).toMatchObject({ node });
    },
  );

  test("what is deployed again to the name that it is current under changes nothing", async () => {
    const name = newName();
    const { hash } = await living(name);
    const before = await api.status(hash);

    await api.deploy(name, hash);

    expect(await api.versions(name)).toEqual({ current: hash, pending: null, all: [hash] });
    expect(await api.status(hash)).toMatchObject({ synced: true, node: before?.node });
  });

  test("what lost its last name goes on where it was under a new one, until it is reaped", async () => {
    const [name, next] = [newName(), newName()];
    const { hash, emits } = await living(name);
    await api.admin("subgraph_remove", { name });

    await api.deploy(next, hash);

    expect(await api.status(hash)).toMatchObject({ synced: true, node: expect.any(String) });
    await api.atBlock(hash, await emits.sent(2n));
    const { data } = await api.byName(next, "{ transfers { amount } }");
    expect(data.transfers).toHaveLength(2);
  });

  test("a name that is not there is removed without a word", async () => {
    expect(await api.admin("subgraph_remove", { name: newName() })).toMatchObject({ result: null });
  });

  test("a version that is synced under another name is current at once", async () => {
    const [name, staging] = [newName(), newName()];
    const old = await living(name);
    const fresh = await living(staging);

    await api.deploy(name, fresh.hash);

    const { current, pending, all } = await api.versions(name);
    expect({ current, pending }).toEqual({ current: fresh.hash, pending: null });
    expect(all.toSorted()).toEqual([old.hash, fresh.hash].toSorted());
  });

  test("what no name has any longer is indexed by nobody, and answers what it knew", async () => {
    const name = newName();
    const { hash } = await living(name);

    await api.admin("subgraph_remove", { name });

    expect(await api.status(hash)).toMatchObject({ node: null, paused: null, health: "healthy" });
    const { data } = await api.byId(hash, "{ transfers { amount } }");
    expect(data.transfers).toEqual([{ amount: "1" }]);
    expect((await api.byName(name, "{ _meta { deployment } }")).data).toBeUndefined();
  });

  test("what is paused stands still until it is resumed", async () => {
    const name = newName();
    const { hash, emits } = await living(name);
    await api.admin("subgraph_pause", { deployment: hash });
    const { chains } = await api.until(hash, ({ paused }) => paused === true);
    const block = await emits.sent(9n);
    expect((await api.status(hash))?.chains[0]?.latestBlock).toEqual(chains[0]?.latestBlock);

    await api.admin("subgraph_resume", { deployment: hash });

    expect(await api.atBlock(hash, block)).toMatchObject({ paused: false, health: "healthy" });
  });

  test("the same build has the same id, and another address another", async () => {
    const emits = await emitter();

    const first = await pinned(emits);

    expect(await pinned(emits)).toBe(first);
    expect(await pinned(await emitter())).not.toBe(first);
  });
});
