import { jobOf, orderOfTurn } from "../src/job.ts";

test("a job is told by GitHub which run it is", () => {
  const env = {
    ...{ GITHUB_REPOSITORY: "acme/app", GITHUB_SERVER_URL: "https://github.com" },
    ...{ GITHUB_RUN_ID: "17", GITHUB_RUN_ATTEMPT: "2" },
  };
  expect(jobOf(env)).toEqual({
    ...{ repository: "acme/app", server: "https://github.com" },
    ...{ turn: { run: 17, attempt: 2 }, run: "run 17, attempt 2" },
  });
});

test("what is started from a terminal comes before every run", () => {
  const { turn, run } = jobOf({});
  expect(run).toBe("a terminal");
  expect(orderOfTurn(turn)).toBeLessThan(orderOfTurn({ run: 1, attempt: 1 }));
});

test("a run's later attempt counts more, a later run more than that", () => {
  const turns = [
    { run: 4, attempt: 50 },
    { run: 5, attempt: 1 },
    { run: 5, attempt: 2 },
  ];
  const orders = turns.map(orderOfTurn);
  expect(orders).toEqual([...orders].sort((one, other) => one - other));
  expect(new Set(orders).size).toBe(orders.length);
});
