import { checkKeysAreOwn } from "../../src/preflight/keys/own-keys.ts";
import { type Manifest, parseManifests } from "../../src/preflight/manifest.ts";
import { Files } from "../../src/preflight/pods/mounts.ts";
import { configMap, configOf, newKeys } from "./node-files.ts";
import { setOf } from "./sets.ts";

const NAMES = ["a", "b"];
const files = configMap("files", { "config.toml": configOf(newKeys(2)) });

/** A validator whose keys come from a Secret, or by the Secrets Store driver. */
function nodeSet(name: string, { isDriver = false, isSeen = true } = {}): Manifest {
  const csi = { driver: "d", volumeAttributes: { secretProviderClass: `keys-${name}` } };
  const secret = { secretName: `keys-${name}` };
  const [container] = setOf(name).spec.template.spec.containers;
  const mounts = [{ name: "files", mountPath: "/etc/axon" }];
  return setOf(name, {
    pod: {
      containers: [
        {
          ...container,
          name: "axon",
          volumeMounts: [...(container?.volumeMounts ?? []), ...mounts],
        },
      ],
      volumes: [
        { name: "keys", ...(isDriver ? { csi } : { secret }) },
        ...(isSeen ? [{ name: "files", configMap: { name: "files" } }] : []),
      ],
    },
  });
}

type Nodes = Parameters<typeof nodeSet>[1];

function found(objects: (name: string) => string, nodes: Nodes = {}, stores: Manifest[] = []) {
  const fetching = parseManifests(NAMES.map((name) => objects(name)).join("\n---\n"));
  const manifests = [files, ...NAMES.map((name) => nodeSet(name, nodes)), ...fetching];
  const known = { validators: new Set(NAMES), files: new Files(manifests), stores };
  return checkKeysAreOwn(manifests, known);
}

const external = (name: string, spec: string) =>
  `kind: ExternalSecret\nmetadata: { name: keys-${name} }\nspec: { ` +
  `secretStoreRef: { name: s }, ${spec} }`;
const driver = (name: string, objects: string) =>
  `kind: SecretProviderClass\nmetadata: { name: keys-${name} }
spec: { provider: aws, parameters: { objects: '${objects}' } }`;

/** How something fetches the keys that are kept under a name. */
const ways: [string, (name: string, kept: string) => string, Nodes][] = [
  [
    "entries of External Secrets",
    (name, kept) =>
      external(
        name,
        `data: [{ secretKey: net.key, remoteRef: { key: ${kept}/net } },
          { secretKey: bls.key, remoteRef: { key: ${kept}/bls } }]`,
      ),
    {},
  ],
  [
    "properties of one stored secret",
    (name, kept) =>
      external(name, `data: [{ secretKey: net.key, remoteRef: { key: all, property: ${kept} } }]`),
    {},
  ],
  [
    "a whole stored secret",
    (name, kept) => external(name, `dataFrom: [{ extract: { key: ${kept} } }]`),
    {},
  ],
  [
    "stores that are one, with rights of their own",
    (name, kept) =>
      `${external(name, `data: [{ secretKey: net.key, remoteRef: { key: ${kept} } }]`).replace(
        "name: s",
        `name: s-${name}`,
      )}
---
kind: SecretStore
metadata: { name: s-${name} }
spec: { provider: { aws: { region: eu, auth: { jwt: { serviceAccountRef: { name: ${name} } } } } } }`,
    {},
  ],
  [
    "the Secrets Store driver",
    (name, kept) => driver(name, `[{ objectName: ${kept}, objectAlias: net.key }]`),
    { isDriver: true },
  ],
  [
    "parts that the driver takes out",
    (name, kept) =>
      driver(name, `[{ objectName: ${kept}, jmesPath: [{ path: n, objectAlias: net.key }] }]`),
    { isDriver: true },
  ],
  [
    "a driver that nests its texts",
    (name, kept) => driver(name, `{ array: ["{ objectName: ${kept}, objectAlias: net.key }"] }`),
    { isDriver: true },
  ],
  [
    "a Secret that the driver makes",
    (name, kept) =>
      driver(name, `[{ objectName: ${kept}, objectAlias: one }]`).replace(
        "spec: {",
        `spec: { secretObjects: [{ secretName: keys-${name},
          data: [{ objectName: one, key: net.key }] }],`,
      ),
    {},
  ],
];

test.each(ways)("keys that two fetch are one where they are kept as one: %s", (_, way, nodes) => {
  for (const isSeen of [true, false]) {
    expect(found((name) => way(name, `v-${name}`), { ...nodes, isSeen })).toEqual([]);
    expect(found((name) => way(name, "v-a"), { ...nodes, isSeen })).toMatchObject([
      { code: "one-key-twice", at: "StatefulSet b", why: expect.stringContaining("stored secret") },
    ]);
  }
});

test("what two fetch beside their keys is no key, and what cannot be read breaks nothing", () => {
  const beside = (name: string) =>
    external(
      name,
      `data: [{ secretKey: net.key, remoteRef: { key: ${name} } },
        { secretKey: chat-token, remoteRef: { key: chat } }]`,
    );

  expect(found(beside, { isSeen: false })).toEqual([]);
  expect(found((name) => driver(name, "[{"), { isDriver: true })).toEqual([]);
  expect(found((name) => external(name, "data: 7, dataFrom: [7, null]"))).toEqual([]);
});

describe("keys of one name in stores that the chart does not render", () => {
  const own = (name: string, kept = "k") =>
    external(name, `data: [{ secretKey: net.key, remoteRef: { key: ${kept} } }]`).replace(
      "name: s",
      `name: s-${name}`,
    );
  const rendered = (name: string, region: string) => `
---
kind: SecretStore
metadata: { name: s-${name} }
spec: { provider: { aws: { region: ${region} } } }`;

  test("may be one: their stores may lead to one place", () => {
    for (const all of [
      own,
      (name: string) => own(name) + (name === "a" ? rendered("a", "eu") : ""),
    ]) {
      expect(found(all)).toMatchObject([
        {
          ...{ code: "keys-in-reach", level: "warning", at: "StatefulSet b" },
          why: expect.stringMatching(/StatefulSet a by another store. Of .*SecretStore s-b/),
        },
      ]);
    }
    const kinds = (name: string) =>
      own(name).replace(
        `name: s-${name}`,
        name === "a" ? "name: s, kind: ClusterSecretStore" : "name: s",
      );
    expect(found(kinds)).toMatchObject([
      { why: expect.stringContaining("SecretStore s and ClusterSecretStore s") },
    ]);
  });

  test("are what the stores say that are there", () => {
    const there = (region: (name: string) => string) =>
      NAMES.flatMap((name) => parseManifests(rendered(name, region(name))));

    expect(
      found(
        own,
        {},
        there((name) => name),
      ),
    ).toEqual([]);
    expect(
      found(
        own,
        {},
        there(() => "eu"),
      ),
    ).toMatchObject([{ code: "one-key-twice", level: "error" }]);
  });

  test("are two under names of their own, or where it is seen that the stores are two", () => {
    expect(found((name) => own(name, `k-${name}`))).toEqual([]);
    expect(found((name) => own(name) + rendered(name, name))).toEqual([]);
  });
});
