import type { Pod } from "@playbook/kube";
import { followersIn } from "../src/followers.ts";

function pod(name: string, image: string, ready = "True"): Pod {
  return {
    metadata: { name, namespace: "axon" },
    spec: { containers: [{ name: "node", image }] },
    status: { conditions: [{ type: "Ready", status: ready }] },
  } as Pod;
}

test("followers run the validators' image, of whatever version, and are ready", () => {
  const validators = [pod("axon-v0-0", "registry:5000/axon:v1"), pod("axon-v1-0", "axon:v1")];
  const others = [
    pod("axon-rpc-0", "registry:5000/axon:v2"),
    pod("axon-sync-0", "axon@sha256:00"),
    pod("axon-rpc-1", "axon:v1", "False"),
    pod("explorer", "blockscout:v1"),
  ];

  expect(followersIn([...validators, ...others], validators)).toBe(2);
  expect(followersIn(validators, validators)).toBe(0);
});
