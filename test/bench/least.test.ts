import { leastBlocks } from "./least.ts";

test.each([
  { transactions: 16, window: 16, blocks: 1 },
  { transactions: 17, window: 16, blocks: 2 },
  { transactions: 200, window: 16, blocks: 4 },
  { transactions: 200, window: 64, blocks: 3 },
])(
  "$transactions transactions fit into $blocks blocks with a window of $window that doubles",
  ({ transactions, window, blocks }) => {
    expect(leastBlocks(transactions, window)).toBe(blocks);
  },
);
