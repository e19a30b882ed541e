import { enduranceTable } from "@playbook/release";

const of = (...weights: number[]) => weights.map((weight, at) => ({ id: `v${at}`, weight }));

test("five lose nothing more while one is replaced, and seven would", () => {
  expect(enduranceTable(of(1, 1, 1, 1, 1)).split("\n")).toEqual([
    "| validators | votes for a block | may fail | may fail while one is replaced |",
    "|---|---:|---:|---:|",
    "| **5, as they are** | 4 | 1 | 0 |",
    "| 7 of one vote each | 5 | 2 | 1 |",
  ]);
});

test("seven are told what they survive, and nothing of others", () => {
  const rows = enduranceTable(of(1, 1, 1, 1, 1, 1, 1)).split("\n");

  expect(rows.slice(2)).toEqual(["| **7, as they are** | 5 | 2 | 1 |"]);
});

test("without one whose vote each block needs there is none", () => {
  expect(enduranceTable(of(1, 1, 1))).toContain(
    "| **3, as they are** | 3 | 0 | no block is made |",
  );
  expect(enduranceTable(of(5, 1, 1, 1))).toContain(" | no block is made |");
});
