import { alpha, sweeps } from "./kill/suite.ts";
import { Sweep } from "./kill/sweep.ts";

sweeps([
  { name: "one chain, its state in a bucket", chains: [alpha], keeping: "bucket", samples: 8 },
  { name: "one chain, its state in a folder", chains: [alpha], keeping: "folder", samples: 4 },
]);

test("an effect without a boundary fails the sweep", async () => {
  await using sweep = await Sweep.open({ chains: [alpha], keeping: "folder" });
  const gaps = await sweep.gapsWith(new URL("./kill/stowaway.mjs", import.meta.url));

  expect(gaps).toEqual([
    "spawn touch",
    expect.stringMatching(/^alpha got \d+ calls, of which \d+ had a boundary$/),
    expect.stringMatching(/^the file .*\/unseen$/),
  ]);
});
