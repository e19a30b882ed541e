import type { Manifest } from "../../src/preflight/manifest.ts";
import { checkDroppedMaps } from "../../src/preflight/sets/dropped-maps.ts";
import { setOf } from "./sets.ts";

const mapOf = (name: string, annotations?: Record<string, string>): Manifest => ({
  kind: "ConfigMap",
  metadata: { name, ...(annotations && { annotations }) },
  data: { "config.toml": "" },
});

const using = (name: string) =>
  setOf("a", { pod: { volumes: [{ name: "config", configMap: { name } }] } });

const check = (rendered: Manifest[], current: Manifest[], maps = current) =>
  checkDroppedMaps(rendered, { current, maps, live: [using("chain-1")] });

test("a map that held pods have and Helm deletes is found", () => {
  expect(check([mapOf("chain-2")], [mapOf("chain-1")])).toMatchObject([
    {
      code: "config-deleted",
      level: "warning",
      at: "ConfigMap chain-1",
      next: expect.stringContaining(
        "kubectl annotate configmap chain-1 helm.sh/resource-policy=keep",
      ),
    },
  ]);
});

test("one that stays, that Helm keeps, that no pod has, or that is nobody's is not", () => {
  const kept = mapOf("chain-1", { "helm.sh/resource-policy": "keep" });

  expect(check([mapOf("chain-1")], [mapOf("chain-1")])).toEqual([]);
  expect(check([mapOf("chain-2")], [mapOf("chain-1")], [kept])).toEqual([]);
  expect(check([mapOf("chain-2")], [mapOf("chain-0")])).toEqual([]);
  expect(check([mapOf("chain-2")], [], [mapOf("chain-1")])).toEqual([]);
});
