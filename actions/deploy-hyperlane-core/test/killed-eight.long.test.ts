import { whole } from "../../../test/proof.ts";
import { Arena } from "./kill/arena.ts";
import { sweepArena } from "./kill/sweep.ts";

let arena: Arena;
beforeAll(async () => {
  arena = await Arena.open([41, 42, 43, 44, 45, 46, 47, 48]);
});
afterAll(() => arena?.[Symbol.asyncDispose]());

test("eight chains come about, each step once, wherever the run was killed", async () => {
  await sweepArena(arena, "eight chains", whole ? 100 : 2);
}, 7_200_000);
