import { type Cluster, startCluster } from "@playbook/world";
import { parse } from "yaml";
import { parseManifests } from "../../src/preflight/manifest.ts";
import { checkFixed } from "../../src/preflight/sets/fixed-fields.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

const POD =
  "{metadata: {labels: {app: a, tier: b}}, spec: {restartPolicy: RESTART, " +
  "containers: [{name: c, image: IMAGE}]}}";
const podOf = (restart: string, image = "i:1") =>
  POD.replace("RESTART", restart).replace("IMAGE", image);

const deployment = (selector: string, image?: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec: {selector: {matchLabels: ${selector}}, template: ${podOf("Always", image)}}`;

const job = (image: string, more = "") => `
apiVersion: batch/v1
kind: Job
metadata: {name: NAME}
spec: {${more}template: ${podOf("Never", image)}}`;

const claim = (spec: string) => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: NAME}
spec: ${spec}`;

const service = (spec: string) => `
apiVersion: v1
kind: Service
metadata: {name: NAME}
spec: ${spec}`;

const storage = (rest: string) => `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: NAME}
${rest}`;

const priority = (value: number, text = "a") => `
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: NAME}
value: ${value}
description: ${text}`;

const binding = (role: string, user = "a") => `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: NAME}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${role}}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ${user}}]`;

const secret = (text: string, immutable: boolean) => `
apiVersion: v1
kind: Secret
metadata: {name: NAME}
immutable: ${immutable}
stringData: {a: ${text}}`;

const RWO = "accessModes: [ReadWriteOnce]";
const size = (amount: string) => `resources: {requests: {storage: ${amount}}}`;
const PORTS = "ports: [{port: 1}]";
const EBS = "provisioner: ebs";

type Case = [what: string, last: string, next: string, isRefused: boolean];

const CASES: Case[] = [
  ["a Deployment's selector", deployment("{app: a}"), deployment("{app: a, tier: b}"), true],
  ["a Deployment's image", deployment("{app: a}"), deployment("{app: a}", "i:2"), false],
  ["a Job's template", job("i:1"), job("i:2"), true],
  ["a Job's time to live", job("i:1"), job("i:1", "ttlSecondsAfterFinished: 5, "), false],
  [
    "a claim's class",
    claim(`{${RWO}, ${size("1Gi")}, storageClassName: a}`),
    claim(`{${RWO}, ${size("1Gi")}, storageClassName: b}`),
    true,
  ],
  [
    "a claim's access modes",
    claim(`{${RWO}, ${size("1Gi")}, storageClassName: a}`),
    claim(`{accessModes: [ReadWriteMany], ${size("1Gi")}, storageClassName: a}`),
    true,
  ],
  [
    "a claim's size, to less",
    claim(`{${RWO}, ${size("2Gi")}, storageClassName: a}`),
    claim(`{${RWO}, ${size("1Gi")}, storageClassName: a}`),
    true,
  ],
  [
    "a claim's size, written otherwise",
    claim(`{${RWO}, ${size("1024Mi")}, storageClassName: a}`),
    claim(`{${RWO}, ${size("1Gi")}, storageClassName: a}`),
    false,
  ],
  [
    "a Service's address, from none",
    service(`{clusterIP: None, ${PORTS}}`),
    service(`{clusterIP: 10.0.0.77, ${PORTS}}`),
    true,
  ],
  [
    "a Service's address, to none",
    service(`{${PORTS}}`),
    service(`{clusterIP: None, ${PORTS}}`),
    true,
  ],
  ["a Service's port", service(`{${PORTS}}`), service("{ports: [{port: 2}]}"), false],
  [
    "a StorageClass's parameters",
    storage(`${EBS}\nparameters: {type: a}`),
    storage(`${EBS}\nparameters: {type: b}`),
    true,
  ],
  ["a StorageClass's provisioner", storage(EBS), storage("provisioner: other"), true],
  ["a StorageClass's reclaimPolicy", storage(EBS), storage(`${EBS}\nreclaimPolicy: Retain`), true],
  [
    "a StorageClass's reclaimPolicy, said",
    storage(EBS),
    storage(`${EBS}\nreclaimPolicy: Delete`),
    false,
  ],
  [
    "a StorageClass's binding",
    storage(EBS),
    storage(`${EBS}\nvolumeBindingMode: WaitForFirstConsumer`),
    true,
  ],
  ["a StorageClass's growth", storage(EBS), storage(`${EBS}\nallowVolumeExpansion: true`), false],
  ["a PriorityClass's value", priority(5), priority(6), true],
  ["a PriorityClass's words", priority(5), priority(5, "b"), false],
  ["a binding's role", binding("a"), binding("b"), true],
  ["a binding's subjects", binding("a"), binding("a", "b"), false],
  ["what is in a Secret that is made for good", secret("a", true), secret("b", true), true],
  ["that a Secret is made for good", secret("a", true), secret("a", false), true],
  ["what is in a Secret", secret("a", false), secret("b", true), false],
];

test.each(CASES.map((one, at) => [...one, `fixed-${at}`] as const))(
  "%s is judged as the API server does",
  async (_, last, next, isRefused, name) => {
    const [before, after] = [last, next].map((text) => text.replace("NAME", name));
    const apply = (text = "") =>
      cluster.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], { input: text });
    await apply(before);

    const found = checkFixed(parseManifests(after ?? ""), parseManifests(before ?? ""));
    const answer = await apply(after).then(
      () => "taken",
      () => "refused",
    );

    expect({ found: found.length > 0, answer }).toEqual({
      found: isRefused,
      answer: isRefused ? "refused" : "taken",
    });
    expect(found.map(({ at }) => at.split(",")[0])).toEqual(
      isRefused ? [`${parse(before ?? "").kind} ${name}`] : [],
    );
  },
  30_000,
);
