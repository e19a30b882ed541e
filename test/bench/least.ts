/**
 * Blocks that so many transactions take at least when `window` of them may be under way at first
 * and twice as many each time that all of them got into one block: that is how the window widens.
 */
export function leastBlocks(transactions: number, window: number): number {
  let blocks = 0;
  for (let left = transactions, size = window; left > 0; size *= 2) {
    left -= size;
    blocks += 1;
  }
  return blocks;
}
