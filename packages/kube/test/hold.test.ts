import { holdFor } from "../src/hold.ts";

const name = "validator";

test.each([
  { what: "none", replicas: 1, partition: undefined, held: 1 },
  { what: "none", replicas: 4, partition: undefined, held: 4 },
  { what: "none, of a set that is scaled to zero", replicas: 0, partition: undefined, held: 1 },
  { what: "one that holds all", replicas: 3, partition: 3, held: 3 },
  { what: "one beyond all", replicas: 1, partition: 1_000, held: 1_000 },
])("a chart that renders $what is held at $held", ({ replicas, partition, held }) => {
  expect(holdFor({ name, replicas, partition })).toBe(held);
});

test.each([
  { what: "partition 0", replicas: 1, partition: 0 },
  { what: "one that lets the last pod go", replicas: 3, partition: 2 },
  { what: "OnDelete", replicas: 1, strategy: "OnDelete" },
])("a chart that renders $what cannot be held", ({ what: _, ...rendered }) => {
  const attempt = () => holdFor({ name, ...rendered });

  expect(attempt).toThrow(expect.objectContaining({ code: "hold-undone" }));
});
