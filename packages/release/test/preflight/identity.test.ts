import { generateKeyPair, publicHalfOf } from "@playbook/axon";
import type { Manifest } from "../../src/preflight/manifest.ts";
import { configOf, found, ids, KEYS, keyedSet, keyedSets, made, specOf } from "./chain.ts";
import { setOf } from "./sets.ts";

const stranger = publicHalfOf(generateKeyPair()).publicKey.toLowerCase();
const codes = (findings: { code: string; at: string }[]) =>
  findings.map(({ code, at }) => `${code} ${at}`);
const hosts = (order: number[], host = (at: number) => `axon-${at}-0.axon-peers.axon.svc`) =>
  configOf(order.map((key, at) => [host(at), key]));

describe("who a pod is", () => {
  const rendered = keyedSets(5);
  const named = (...pairs: [string, string][]) => new Map(pairs);

  test("is said once, and the same by all", () => {
    const more = [specOf(5), hosts([0, 1, 2, 3, 4])];

    expect(found({ rendered, more })).toEqual([]);
    expect(found({ rendered, more, named: named(["axon-0-0", ids(1)[0] ?? ""]) })).toEqual([]);
    expect(codes(found({ rendered, more, named: named(["axon-0-0", stranger]) }))).toEqual([
      "identity-disputed axon-0-0",
      "peer-id-differs axon-0-0",
      "key-unknown axon-0-0",
    ]);
  });

  test("is no other's: a key that is claimed twice, by sets or by the input", () => {
    const twice = [...keyedSets(4), keyedSet("axon-4", 0)];
    const chain = setOf("chain", { replicas: 2 });
    const both = named(["chain-0", stranger], ["chain-1", stranger]);

    expect(codes(found({ rendered: twice, more: [specOf(4)] }))).toEqual([
      "one-key-twice axon-4-0",
    ]);
    expect(codes(found({ rendered: [chain], named: both }))).toEqual(["one-key-twice chain-1"]);
  });

  test.each([
    ["its pod's address", (at: number) => `axon-${at}-0.axon-peers.axon.svc.cluster.local`],
    ["its pod's short address", (at: number) => `axon-${at}-0.axon-peers`],
    ["its set's name", (at: number) => `axon-${at}`],
  ])("is what the bootstraps say at %s", (_, host) => {
    const swapped = [specOf(5), hosts([1, 0, 2, 3, 4], host)];

    expect(found({ rendered, more: [specOf(5), hosts([0, 1, 2, 3, 4], host)] })).toEqual([]);
    expect(codes(found({ rendered, more: swapped }))).toEqual([
      "peer-id-differs axon-0-0",
      "peer-id-differs axon-1-0",
    ]);
  });

  test("is found at its own address, and not at that of a pod that there is not", () => {
    const suffixed = (which: number[]) => (at: number) =>
      `axon-${at}${which.includes(at) ? "-prod" : ""}-0.axon-peers`;
    const looked = (which: number[]) => {
      const more = [specOf(5), hosts([0, 1, 2, 3, 4], suffixed(which))];
      return found({ rendered, more }).map(({ code, at, level }) => `${level} ${code} ${at}`);
    };

    expect(looked([1])).toEqual(["warning peer-nowhere axon-1-0"]);
    expect(looked([0, 1, 2, 3, 4])).toEqual(
      [0, 1, 2, 3, 4].map((at) => `error peer-nowhere axon-${at}-0`),
    );
  });

  test("is what the bootstraps say at its service", () => {
    const services = ids(5).map(
      (_, at): Manifest => ({
        kind: "Service",
        metadata: { name: `p2p-${at}` },
        spec: { selector: { validator: `axon-${at}` } },
      }),
    );
    const more = (order: number[]) => [specOf(5), ...services, hosts(order, (at) => `p2p-${at}`)];

    expect(found({ rendered, more: more([0, 1, 2, 3, 4]) })).toEqual([]);
    expect(codes(found({ rendered, more: more([0, 1, 2, 4, 3]) }))).toEqual([
      "peer-id-differs axon-3-0",
      "peer-id-differs axon-4-0",
    ]);
  });

  test("is not judged by hosts of other clusters and namespaces, whatever they are called", () => {
    for (const host of ["axon-0-0.example.org", "axon-0-0.axon-peers.other.svc", "axon-0.com"]) {
      const more = [specOf(5), hosts([0, 1, 2, 3, 4]), configOf([[host, 6]])];

      expect(found({ rendered, more })).toEqual([]);
    }
  });

  test("is what the bootstraps say that a container is given", () => {
    const given = (order: number[], value: (list: string[]) => object) => {
      const list = order.map(
        (key, at) => `/dns4/axon-${at}-0.axon-peers/tcp/8001/p2p/${KEYS[key]?.peerId}`,
      );
      const containers = [{ name: "axon", image: "axon:v1", ...value(list) }];
      const spec = { template: { spec: { containers } } };
      const rpc: Manifest = { kind: "Deployment", metadata: { name: "rpc" }, spec };
      return codes(found({ rendered, more: [specOf(5), rpc] }));
    };
    const variable = (list: string[]) => ({ env: [{ name: "BOOTSTRAPS", value: list.join(",") }] });
    const argument = (list: string[]) => ({ args: ["run", "--bootstraps", list.join(" ")] });

    for (const way of [variable, argument]) {
      expect(given([0, 1, 2, 3, 4], way)).toEqual([]);
      expect(given([0, 2, 1, 3, 4], way)).toEqual([
        "peer-id-differs axon-1-0",
        "peer-id-differs axon-2-0",
      ]);
    }
  });

  test("is what its set is marked with", () => {
    const marked = (peer: number) => {
      const sets = keyedSets(5);
      const [first] = sets;
      Object.assign(first?.metadata.annotations ?? {}, { "axon/peer-id": KEYS[peer]?.peerId });
      return found({ rendered: sets, more: [specOf(5)] });
    };

    expect(marked(0)).toEqual([]);
    expect(marked(3)).toMatchObject([
      { code: "peer-id-differs", at: "axon-0-0", why: expect.stringContaining("axon/peer-id") },
    ]);
  });

  test("is a validator, where one is missed", () => {
    const wrong = keyedSets(5).map((set, at) =>
      at === 2 ? keyedSet("axon-2", 2, { key: stranger }) : set,
    );
    const live = wrong.map((set) => made(set));

    expect(codes(found({ rendered: wrong, more: [specOf(5)] }))).toEqual(["key-unknown axon-2-0"]);
    expect(codes(found({ rendered: wrong, live, voters: 5, more: [specOf(5)] }))).toEqual([
      "key-unknown axon-2-0",
    ]);
    const joining = [...keyedSets(5), keyedSet("axon-5", 5, { key: stranger })];
    expect(found({ rendered: joining, more: [specOf(5)] })).toEqual([]);
  });

  test("has its own key in the Secret that is rendered", () => {
    const pairs = [generateKeyPair(), generateKeyPair()];
    const keys = pairs.map((pair) => publicHalfOf(pair).publicKey);
    const sets = keys.map((key, at) => keyedSet(`axon-${at}`, at, { key }));
    const secrets = (order: number[]) =>
      order.map(
        (key, at): Manifest => ({
          kind: "Secret",
          metadata: { name: `keys-axon-${at}` },
          data: { "net.key": Buffer.from(pairs[key]?.net ?? []).toString("base64") },
        }),
      );

    expect(found({ rendered: sets, more: secrets([0, 1]) })).toEqual([]);
    expect(codes(found({ rendered: sets, more: secrets([1, 0]) }))).toEqual([
      "key-of-another axon-0-0",
      "key-of-another axon-1-0",
    ]);
  });
});
