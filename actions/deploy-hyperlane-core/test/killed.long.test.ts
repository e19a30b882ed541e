import { whole } from "../../../test/proof.ts";
import { Arena } from "./kill/arena.ts";
import { sweepArena } from "./kill/sweep.ts";

let arena: Arena;
beforeAll(async () => {
  arena = await Arena.open([5, 10012]);
});
afterAll(() => arena?.[Symbol.asyncDispose]());

test("two chains come about, each step once, wherever the run was killed", async () => {
  await sweepArena(arena, "two chains", whole ? Number.POSITIVE_INFINITY : 6);
}, 7_200_000);
