import { withoutSteps } from "../src/helm.ts";

const FORBIDDEN = 'services "one" is forbidden: User "run" cannot delete resource "services"';

test("of all that Helm 4 does, what is wrong is left", () => {
  const said = [
    'level=DEBUG msg="starting delete resource" namespace=hyperlane name=one kind=Service',
    'level=DEBUG msg="uninstall: Failed to delete release" ' +
      `error=${JSON.stringify(`[${FORBIDDEN}]`)}`,
    "Error: failed to delete release: one",
    "",
  ];
  expect(withoutSteps(said.join("\n"))).toBe(
    `[${FORBIDDEN}]\nError: failed to delete release: one`,
  );
});

test("and of Helm 3, whose errors come with a stack", () => {
  const said = [
    'client.go:428: 2026-11-27 21:00:00 +0000 UTC [debug] Starting delete for "one" Service',
    "uninstall.go:119: 2026-11-27 21:00:00 +0000 UTC [debug] uninstall: " +
      `Failed to delete release: [${FORBIDDEN}]`,
    "Error: failed to delete release: one",
    "helm.go:84: 2026-11-27 21:00:00 +0000 UTC [debug] failed to delete release: one",
    "helm.sh/helm/v3/pkg/action.(*Uninstall).Run",
    "\thelm.sh/helm/v3/pkg/action/uninstall.go:120",
  ];
  const left = withoutSteps(said.join("\n")).split("\n");
  expect(left[0]).toContain(FORBIDDEN);
  expect(left).toContain("Error: failed to delete release: one");
  expect(left.join()).not.toContain("Starting delete");
  expect(left.join()).not.toContain("pkg/action");
});
