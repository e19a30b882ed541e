import type { ContainerStatus } from "@playbook/kube";
import { storyText } from "../src/index.ts";
import { tellingContainer } from "../src/story.ts";

const told = (...log: string[]) => storyText({ pod: "one-0", events: ["BackOff: again"], log });

test("what a pod has said stays text, whatever it says", () => {
  expect(told("```", "</details>")).toBe(
    [
      "<details><summary>one-0: last events and log lines</summary>",
      "",
      "```text",
      ...["BackOff: again", "", "'''", "</details>"],
      "```",
      "",
      "</details>",
    ].join("\n"),
  );
});

test("of the URLs in its log the hosts alone are told", () => {
  const text = told("error sending request for url (https://rpc.example/v2/a-secret): refused");

  expect(text).toContain("url (https://rpc.example/…): refused");
});

test("of a line that holds all that a program was told it shows how it begins", () => {
  const lines = told(`told: ${"x".repeat(100_000)}`, "and why it ends").split("\n");

  expect(lines).toContain(`told: ${"x".repeat(994)}…`);
  expect(lines).toContain("and why it ends");
});

const RUNS = { ready: true, restartCount: 0, state: { running: {} } };
const CRASHES = {
  ready: false,
  restartCount: 4,
  state: { waiting: { reason: "CrashLoopBackOff" } },
};
const WAITS = { ready: false, restartCount: 0, state: { waiting: { reason: "PodInitializing" } } };
const UNREADY = { ...RUNS, ready: false };
const ENDED = { ready: false, restartCount: 0, state: { terminated: { exitCode: 0 } } };

type Told = Omit<ContainerStatus, "name" | "image">;

test.each<[string, Told, Told, Told]>([
  ["chain", ENDED, RUNS, CRASHES],
  ["logs", ENDED, CRASHES, RUNS],
  ["prepare", CRASHES, WAITS, WAITS],
  ["chain", ENDED, RUNS, UNREADY],
  ["chain", ENDED, RUNS, RUNS],
])("it is container %s whose log is shown", (telling, prepare, logs, chain) => {
  const image = "registry.example/axon:v0.3.1";
  const sidecar = { name: "logs", image: "registry.example/fluent-bit:3" };
  const statusOf = (name: string, told: Told) => ({ name, image, ...told });
  const pod = {
    spec: { containers: [sidecar, { name: "chain", image }] },
    status: {
      initContainerStatuses: [statusOf("prepare", prepare)],
      containerStatuses: [statusOf("logs", logs), statusOf("chain", chain)],
    },
  };

  expect(tellingContainer(pod as never)).toBe(telling);
});
