import type { Build } from "@playbook/axon";
import type { Pod } from "@playbook/kube";
import { changesOf } from "../../src/images.ts";
import { buildIn, buildOf, isAskedOfBlocks } from "../../src/preflight/builds.ts";
import { checkVersions, fitOf } from "../../src/preflight/version.ts";
import { setOf } from "./sets.ts";

const ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";

test.each([
  ["axonweb3/axon:v0.3.1", "axon"],
  ["ghcr.io/axonweb3/axon:v0.3.1", "axon"],
  [`${ECR}/ghcr/axonweb3/axon@sha256:ab`, "axon"],
  [`${ECR}/axonweb3-axon:v0.3.1`, "axon"],
  ["tvl-labs/el-axon:v0.3.1", "el-axon"],
  [`${ECR}/khalani-el-axon:v0.3.1`, "el-axon"],
  ["localhost:5000/el_axon", "el-axon"],
  [`${ECR}/axon:v0.3.1`, undefined],
  [`${ECR}/chain:prod`, undefined],
  ["registry.example/kernel-axon:v1", undefined],
])("%s is a build of %s", (image, build) => {
  expect(buildIn(image)).toBe(build);
});

const imaged = (image: string) =>
  setOf("a", { pod: { containers: [{ name: "axon", image, command: ["axon", "run"] }] } });

function changeOf(from: string, to: string) {
  const pod = { spec: { containers: [{ name: "axon", image: from }] } } as Pod;
  return changesOf([imaged(to)], () => [pod]);
}

const AXON = "axonweb3/axon:v0.3.1";
const EL = "tvl-labs/el-axon:v0.3.1";
const proposed = (...builds: Build[]): ReadonlySet<Build> => new Set(builds);

describe("the same tag in another place", () => {
  test.each<[string, string, Build[], string[]]>([
    [AXON, EL, [], ["data-unknown"]],
    [EL, AXON, [], ["data-unknown"]],
    [AXON, `${ECR}/axonweb3/axon:v0.3.1`, [], []],
    [AXON, `${ECR}/axon:v0.3.1`, [], []],
    [`${ECR}/axon:v0.3.1`, EL, ["el-axon"], []],
    [`${ECR}/axon:v0.3.1`, EL, ["axon"], ["data-unknown"]],
    [`${ECR}/axon:v0.3.1`, EL, [], ["build-unseen?"]],
    [`${ECR}/chain:v0.3.1`, EL, ["axon", "el-axon"], ["build-unseen?"]],
    [AXON, `${ECR}/chain:v0.3.1`, [], ["build-unseen?"]],
    [`${ECR}/chain:prod`, `${ECR}/chain:prod`, ["axon"], []],
  ])("from %s to %s on a chain of %j", (from, to, builds, expected) => {
    const changes = changeOf(from, to);
    const found = checkVersions(changes, null, proposed(...builds));

    expect(found.map(({ code, level }) => (level === "error" ? code : `${code}?`))).toEqual(
      expected,
    );
    expect(fitOf(changes, null, proposed(...builds))).toBe(
      expected.includes("data-unknown") ? "unknown" : "compatible",
    );
    expect(checkVersions(changes, "compatible")).toEqual([]);
  });

  test("is asked of the chain's blocks only where names do not tell", () => {
    const isAsked = (from: string, to: string) => changeOf(from, to).some(isAskedOfBlocks);

    expect(isAsked(`${ECR}/axon:v0.3.1`, EL)).toBe(true);
    expect(isAsked(AXON, EL)).toBe(false);
    expect(isAsked(AXON, `${ECR}/axon:v0.3.1`)).toBe(false);
  });
});

test("a chain that begins is read by whose build its images are", () => {
  expect(buildOf([imaged(EL), imaged(EL)])).toBe("el-axon");
  expect(buildOf([imaged(EL), imaged(AXON)])).toBeUndefined();
});
