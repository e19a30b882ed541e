import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chartSource } from "../src/chart.ts";

describe("the chart that is released", () => {
  test("is the library's own where none is named", () => {
    const { path = "" } = chartSource(undefined, undefined) as { path?: string };

    expect(readFileSync(join(path, "Chart.yaml"), "utf8")).toMatch(/^name: axon$/m);
  });

  test("is a folder, or one version of what lies at an address", () => {
    const reference = "oci://registry.example/charts/chain";

    expect(chartSource("deploy/chart", undefined)).toEqual({ path: "deploy/chart" });
    expect(chartSource(reference, "1.2.3")).toEqual({ reference, version: "1.2.3" });
  });

  test.each(["oci://registry.example/chain", "https://charts.example/chain.tgz"])(
    "at %s has to have a version",
    (chart) => {
      expect(() => chartSource(chart, undefined)).toThrow(
        expect.objectContaining({
          code: "bad-input",
          message: expect.stringContaining("chart-version"),
        }),
      );
    },
  );
});
