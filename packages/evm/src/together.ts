/**
 * Gathers what is asked for at one moment, so that it goes out together: `work` gets all of it, in
 * order, and gives a result for each. When it fails, it has failed for all of them.
 */
export function together<Item, Result>(
  work: (items: Item[]) => Promise<Result[]>,
): (item: Item) => Promise<Result> {
  let waiting: { item: Item; answer: PromiseWithResolvers<Result> }[] = [];

  const go = async () => {
    const gathered = waiting;
    waiting = [];
    try {
      const results = await work(gathered.map(({ item }) => item));
      gathered.forEach(({ answer }, index) => {
        answer.resolve(results[index] as Result);
      });
    } catch (error) {
      for (const { answer } of gathered) answer.reject(error);
    }
  };
  return (item) => {
    const answer = Promise.withResolvers<Result>();
    if (waiting.push({ item, answer }) === 1) queueMicrotask(go);
    return answer.promise;
  };
}
