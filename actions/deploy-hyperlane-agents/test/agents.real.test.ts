/**
 * What is relied on of Hyperlane's agents, by all that this action makes for them. Run only where
 * PLAYBOOK_REAL_AGENTS names their builds (test/world/README.md): the world's relay nothing.
 */
import { until } from "@playbook/world";
import { lastReceived, type Message } from "../../../packages/hyperlane/test/message.ts";
import { checkpoint } from "../../../packages/hyperlane/test/network.ts";
import { type Fleet, NAMESPACE, openFleet } from "./fleet.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
  await fleet.fund();
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const RELAYER = "relayer-main-a";
const ALL = ["validator-chain5-a", "validator-chain5-b", "validator-chain5-c", RELAYER];
const BY_ITSELF_MS = 300_000;

const pods = `/api/v1/namespaces/${NAMESPACE}/pods`;
const secret = `/api/v1/namespaces/${NAMESPACE}/secrets/rpc-1`;

const buckets = () =>
  (fleet.list.validators.chain5 ?? []).map(({ bucket }) => (bucket as { name: string }).name);

const fileIn = (bucket: string, name: string) => fetch(`${fleet.aws.url}/${bucket}/${name}`);

/** Waits until all three have signed what is right. */
async function signedByAll({ index, root }: Message): Promise<void> {
  for (const bucket of buckets()) {
    expect(await checkpoint(fleet.aws, bucket, Number(index))).toContain(root);
  }
}

const arrives = (text: string) =>
  until(async () => (await lastReceived(fleet.destination)) === text);

/** Has a pod made anew, and tells how long the old one took to end. */
async function anew(name: string): Promise<number> {
  const { api } = fleet.cluster;
  const { metadata } = await api.get(`${pods}/${name}-0`);
  const before = Date.now();
  await api.delete(`${pods}/${name}-0`);
  await until(async () => (await api.find(`${pods}/${name}-0`))?.metadata.uid !== metadata.uid);
  return Date.now() - before;
}

/** Where agents find their origin from their next start on. */
async function tellOrigin(url: string): Promise<void> {
  const data = { chain5: Buffer.from(url).toString("base64") };
  await fleet.cluster.api.patch(secret, { data });
}

test(
  "what all validators sign is delivered",
  async () => {
    const { outputs } = await fleet.run();
    expect(outputs).toMatchObject({ outcome: "done", moved: ALL });

    const message = await fleet.send("one");

    await signedByAll(message);
    await arrives("one");
  },
  BY_ITSELF_MS,
);

test(
  "agents end as soon as they are told to, and go on where they were",
  async () => {
    for (const name of ALL) expect(await anew(name)).toBeLessThan(10_000);

    await fleet.send("two");

    await arrives("two");
  },
  BY_ITSELF_MS,
);

test(
  "what was sent without a relayer is delivered by the next one",
  async () => {
    const without = await fleet.run({}, { ...fleet.list, relayers: {} });
    expect(without.outputs).toMatchObject({ outcome: "done", moved: [RELAYER] });
    await fleet.send("three");

    const { outputs } = await fleet.run();

    expect(outputs).toMatchObject({ outcome: "done", moved: [RELAYER] });
    await arrives("three");
  },
  BY_ITSELF_MS,
);

test(
  "of the URLs that its log is full of a summary names the hosts alone",
  async () => {
    await tellOrigin("http://user:a-secret@127.0.0.1:9/a-secret?key=a-secret");
    await anew("validator-chain5-a");
    await until(async () => {
      const log = await fleet.cluster.kubectl(["logs", "-n", NAMESPACE, "validator-chain5-a-0"]);
      return log.includes("Url {");
    });

    const { failure, summary } = await fleet.run({ agentTimeout: 1_000 });

    expect(failure).toMatchObject({ code: "agent-held" });
    expect(summary).toContain("http://127.0.0.1:9/…");
    expect(summary).not.toContain("a-secret");
    await tellOrigin(fleet.origin.chain.url);
    await anew("validator-chain5-a");
  },
  BY_ITSELF_MS,
);

test(
  "a chain that was reorganised below what was signed stops everything",
  async () => {
    const { chain } = fleet.origin;
    await signedByAll(await fleet.send("taken back"));

    await chain.reorg(1);
    await fleet.send("in its place");

    for (const bucket of buckets()) {
      await until(async () => (await fileIn(bucket, "reorg_flag.json")).ok);
    }
    const { outputs } = await fleet.run({ mode: "plan" });
    const flags = ALL.slice(0, 3).map((at) => expect.objectContaining({ code: "reorg-flag", at }));
    expect(outputs.findings).toEqual(expect.arrayContaining(flags));
    await expect(fleet.run()).rejects.toThrow("reorg_flag.json");
    await until(async () => {
      const { status } = await fleet.cluster.api.get(`${pods}/validator-chain5-a-0`);
      return status.containerStatuses[0].lastState?.terminated?.exitCode === 101;
    });
  },
  BY_ITSELF_MS,
);
