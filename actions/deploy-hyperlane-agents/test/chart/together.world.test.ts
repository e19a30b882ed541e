import { only, type Values } from "../../../../test/charts.ts";
import { configOf, podOf, rendered } from "./rendered.ts";
import { least, ofChain } from "./values.ts";

async function said(values: Values, release = "agent"): Promise<string> {
  return await rendered(values, { release }).then(
    () => "rendered",
    (error: { stderr: string }) => error.stderr,
  );
}

/** What is a text to whoever writes it, and something else to YAML. */
const TRAPS = ["n", "off", "true", "null"];

test.each(TRAPS)("a release called %s has objects of that name", async (release) => {
  const manifests = await rendered(least("relayer"), { release });
  const { metadata, spec } = only(manifests, "StatefulSet");

  const names = ["ServiceAccount", "ConfigMap", "Service", "NetworkPolicy"].map(
    (kind) => only(manifests, kind).metadata.name,
  );
  const pod = spec.template.spec;
  expect(new Set(names)).toEqual(new Set([release]));
  expect([metadata.name, spec.serviceName, pod.serviceAccountName]).toEqual(Array(3).fill(release));
  expect(pod.volumes[0].configMap.name).toBe(release);
  expect(spec.selector.matchLabels["app.kubernetes.io/instance"]).toBe(release);
});

test.each(TRAPS)("a chain called %s has the key of that name", async (name) => {
  const manifests = await rendered(ofChain(name));
  const [{ env }] = podOf(manifests).spec.containers;

  expect(env).toContainEqual({
    name: `HYP_CHAINS_${name.toUpperCase()}_CUSTOMRPCURLS`,
    valueFrom: { secretKeyRef: { name: "rpc-1", key: name } },
  });
  expect(Object.keys(Object(configOf(manifests).chains))).toEqual([name]);
});

test.each(["123", "1e3", "2026-11-27", "null"])("what is called %s is named so", async (name) => {
  const manifests = await rendered(
    least("validator", {
      rpc: { secret: name },
      image: { pullSecrets: [name] },
      priority: { className: name },
      storage: { className: name },
    }),
  );
  const { spec } = podOf(manifests);
  const [{ env }] = spec.containers;

  expect(spec.imagePullSecrets).toEqual([{ name }]);
  expect(spec.priorityClassName).toBe(name);
  expect(env.at(-1).valueFrom.secretKeyRef.name).toBe(name);
  const [claim] = only(manifests, "StatefulSet").spec.volumeClaimTemplates;
  expect(claim.spec.storageClassName).toBe(name);
});

test("a release of digits is told by its labels", async () => {
  const values = least("validator", { nameOverride: "agent" });
  const manifests = await rendered(values, { release: "2024" });

  expect(podOf(manifests).metadata.labels["app.kubernetes.io/instance"]).toBe("2024");
});

test.each(["agent.prod", "1agent"])(
  "a release called %s has no name for services, and gets one by nameOverride",
  async (release) => {
    expect(await said(least("validator"), release)).toContain("nameOverride");
    expect(await said(least("validator", { nameOverride: "agent-prod" }), release)).toBe(
      "rendered",
    );
  },
);

test("the longest name that there is leaves a set room for its pods' revision", async () => {
  const long = "a".repeat(53);
  const { metadata } = only(await rendered(least("validator"), { release: long }), "StatefulSet");

  expect(metadata.name).toHaveLength(52);
  expect(await said(least("validator", { nameOverride: long }))).toContain("/nameOverride");
});

test("labels and annotations of one's own are on the pod, beside all of the chart's", async () => {
  const podLabels = { "example.com/team": "messaging", enabled: "true" };
  const podAnnotations = { "prometheus.io/scrape": "true" };
  const before = podOf(await rendered(least("relayer"))).metadata;
  const manifests = await rendered(least("relayer", { podLabels, podAnnotations }));

  expect(podOf(manifests).metadata).toEqual({
    labels: { ...before.labels, ...podLabels },
    annotations: { ...before.annotations, ...podAnnotations },
  });
  const { selector } = only(manifests, "StatefulSet").spec;
  expect(selector).toEqual(only(await rendered(least("relayer")), "StatefulSet").spec.selector);
});

test.each([
  ["podLabels", "app.kubernetes.io/name"],
  ["podLabels", "app.kubernetes.io/instance"],
  ["podLabels", "app.kubernetes.io/component"],
  ["podLabels", "hyperlane/group"],
  ["podAnnotations", "hyperlane/config"],
  ["podAnnotations", "kubectl.kubernetes.io/default-container"],
])("%s may not have %s, which is the chart's", async (value, name) => {
  expect(await said(least("relayer", { [value]: { [name]: "other" } }))).toContain(`/${value}`);
});
