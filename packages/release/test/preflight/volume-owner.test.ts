import type { Container, StatefulSet } from "../../src/preflight/manifest.ts";
import { Files } from "../../src/preflight/pods/mounts.ts";
import { checkVolumeOwner } from "../../src/preflight/start/volume-owner.ts";
import { setOf } from "./sets.ts";

type Parts = { pod?: object; node?: object; init?: Partial<Container>; templates?: [] };

function nodeSet({ pod = {}, node = {}, init, templates }: Parts): StatefulSet {
  const [container] = setOf("a").spec.template.spec.containers;
  return setOf("a", {
    ...(templates && { volumeClaimTemplates: templates }),
    pod: {
      containers: [{ ...(container as Container), securityContext: node }],
      initContainers: init ? [{ name: "init", image: "busybox", ...init }] : [],
      ...({ securityContext: pod } as object),
    },
  });
}

const found = (parts: Parts, live?: StatefulSet) =>
  checkVolumeOwner(nodeSet(parts), live, new Files([])).map(
    ({ code, level }) => `${code} ${level}`,
  );

const TOLD = ["volume-of-root warning"];
const chown = { command: ["sh", "-c", "chown -R 1000:1000 /var/lib/axon"] };
const asRoot = { ...chown, securityContext: { runAsUser: 0 } } as Partial<Container>;

test.each<[string, Parts]>([
  ["of its pod's user", { pod: { runAsUser: 1000 } }],
  ["of a user of its own", { node: { runAsUser: 1000 } }],
  ["that may not be root, whoever it is", { pod: { runAsNonRoot: true } }],
  ["whose helper may not give it away either", { pod: { runAsUser: 1000 }, init: chown }],
  ["that only has a group", { pod: { runAsUser: 1000, runAsGroup: 1000 } }],
])("a node %s cannot write to a disk of root's", (_, parts) => {
  expect(found(parts)).toEqual(TOLD);
});

test.each<[string, Parts]>([
  ["whose group it is given to", { pod: { runAsUser: 1000, fsGroup: 1000 } }],
  ["that is root", { pod: { runAsUser: 0 } }],
  ["that is root though its pod is not", { pod: { runAsUser: 1000 }, node: { runAsUser: 0 } }],
  ["of whom nobody says who it is", {}],
  ["whom root gives it to before", { pod: { runAsUser: 1000 }, init: asRoot }],
  ["whom its image's user gives it to", { node: { runAsUser: 1000 }, init: chown }],
  ["without a disk that is made for it", { pod: { runAsUser: 1000 }, templates: [] }],
])("one %s can, as far as is known", (_, parts) => {
  expect(found(parts)).toEqual([]);
});

test("who runs so already is not told of, and who is to run so from now on is", () => {
  const parts = { pod: { runAsUser: 1000 } };
  expect(found(parts, nodeSet(parts))).toEqual([]);
  expect(found(parts, nodeSet({}))).toEqual(TOLD);
});
