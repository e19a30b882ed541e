import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readActions, readWorkflows } from "../../scripts/library.ts";
import { surfaceOf } from "../../scripts/release/surface.ts";
import { root } from "../../scripts/tools.ts";

const { parts, formats } = surfaceOf(root);

test("it has every action and workflow, with all that is declared", () => {
  expect(Object.keys(parts)).toEqual([
    ...readWorkflows().map(({ name }) => `workflow ${name}`),
    ...readActions().map(({ name }) => `action ${name}`),
  ]);
  for (const { name, file } of readActions()) {
    const part = parts[`action ${name}`];
    expect(part?.inputs).toEqual(file.inputs);
    expect(part?.outputs).toEqual(Object.keys(file.outputs));
  }
});

test("permissions are there with what they are for: resource, condition, input", () => {
  const broadcast = parts["action foundry-broadcast-with-kms"]?.permissions;
  expect(broadcast).toContain("`kms:GetPublicKey` on `${keyArn}`");
  expect(broadcast).toContain("`id-token: write` with `mode: apply`");
  expect(parts["action comment-plan"]?.permissions).toContain("`actions: read` with `run-id`");
  const rollout = parts["action helm-rollout-axon"]?.permissions;
  expect(rollout).toContain("`list` on `/nodes anywhere`");
  expect(rollout).toContain("`patch` on `apps/statefulsets` with `mode: apply`");
  expect(rollout).toContain(
    "`create` on `storage.k8s.io/storageclasses axon-axon-retain` with `mode: apply`",
  );
  expect(parts["workflow release-contracts"]?.permissions).toContain("`id-token: write`");
});

test("every stored format that the sources name has its version", () => {
  const named = ["actions", "packages"].flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((name) => namedIn(join(root, folder, name, "src"))),
  );
  expect(Object.keys(formats).sort()).toEqual([...new Set(named)].sort());
});

function namedIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(folder, path), "utf8"))
    .flatMap((text) => text.match(/(?<=")playbook\.[a-z-]+(?=")/g) ?? []);
}
