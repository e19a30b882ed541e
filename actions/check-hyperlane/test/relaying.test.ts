import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "@playbook/evm";
import { readAgents } from "@playbook/hyperlane";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { nameOf, type Route } from "../src/journey.ts";
import { anywhere, readWanted, relayersOf, wantedIn } from "../src/relaying.ts";

const account = (number: number) => `0x${number.toString(16).padStart(40, "0")}` as Address;

const instance = (number: number) => ({
  ...{ name: `n${number}`, address: account(number) },
  key: { id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`, region: "eu-west-1" },
  ...{ roleArn: `arn:aws:iam::111122223333:role/agent-${number}`, rpcSecret: "rpc" },
});

const group = (routes: Route[], numbers: number[]) => ({
  routes,
  instances: numbers.map(instance),
});

const route = (origin: string, destination: string): Route => ({ origin, destination });

const INWARD = [route("goerli", "khalani")];
const OUTWARD = [route("khalani", "fuji"), route("khalani", "goerli")];
const LIST = { relayers: { inward: group(INWARD, [1, 2]), outward: group(OUTWARD, [3]) } };

test("routes are those of the list, and each relayer is of its own", () => {
  const { routes, relayers } = wantedIn(readAgents(JSON.stringify(LIST), "agents.yaml"), []);

  expect(routes.map(nameOf)).toEqual(["goerli > khalani", "khalani > fuji", "khalani > goerli"]);
  expect(relayersOf(relayers, INWARD).map(Number)).toEqual([1, 2]);
  expect(relayersOf(relayers, OUTWARD).map(Number)).toEqual([3]);
  expect(relayersOf(relayers, [route("fuji", "khalani")])).toEqual([]);
});

test("others than the list's may relay any route, where it has no relayers", () => {
  const [others, none] = [[account(9)], readAgents("{}", "agents.yaml")];
  const listed = wantedIn(readAgents(JSON.stringify(LIST), "agents.yaml"), others);

  expect(relayersOf(listed.relayers, [...INWARD, ...OUTWARD]).map(Number)).toEqual([1, 2, 3]);
  expect(wantedIn(none, others)).toEqual({ routes: [], relayers: anywhere(others) });
  expect(relayersOf(anywhere(others), OUTWARD)).toEqual(others);
  expect(relayersOf(anywhere(others), [])).toEqual([]);
});

test("a relayer is asked for coins where it delivers, and nowhere else", () => {
  const chains = ["a", "b", "c", "d"];
  const pairs = chains.flatMap((origin) =>
    chains.filter((one) => one !== origin).map((destination) => route(origin, destination)),
  );
  const some = fc.subarray(pairs, { minLength: 1 });
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 4 }), (all) => {
      const groups = all.map((routes, at) => [`g${at}`, group(routes, [at + 1])]);
      const list = JSON.stringify({ relayers: Object.fromEntries(groups) });
      const { routes, relayers } = wantedIn(readAgents(list, "agents.yaml"), []);
      for (const end of chains) {
        const ending = routes.filter(({ destination }) => destination === end);
        const expected = all.flatMap((own, at) =>
          own.some(({ destination }) => destination === end) ? [at + 1] : [],
        );
        expect(relayersOf(relayers, ending).map(Number)).toEqual(expected);
      }
      expect(new Set(routes.map(nameOf))).toEqual(new Set(all.flat().map(nameOf)));
      expect(routes).toHaveLength(new Set(routes.map(nameOf)).size);
    }),
    chance(),
  );
});

test("a list that is not there or is none is told by its name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "agents-"));
  const path = join(folder, "agents.yaml");

  await expect(readWanted(path, [])).rejects.toMatchObject({ code: "no-file" });
  await writeFile(path, "relayers: []");
  await expect(readWanted(path, [])).rejects.toMatchObject({ code: "bad-agents" });
  await rm(folder, { recursive: true });
});
