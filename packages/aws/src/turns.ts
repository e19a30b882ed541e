/** Lets at most so many pieces of work run at once; the others wait for their turn, in order. */
export function turns(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let free = most;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Whoever waits longest takes this place over, before anybody new can.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
