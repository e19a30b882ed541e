import { ActionError } from "@playbook/action";
import { chainOf } from "../src/chain-of.ts";

type Asked = Parameters<typeof chainOf>[0];

/** A chain's nodes, of which one group is asked: what they are asked is written down. */
function nodes(name: string, asked: string[], view: object | Error) {
  const answer = async (how: string) => {
    asked.push(`${name} ${how}`);
    if (view instanceof Error) throw view;
    return { view };
  };
  const ask = async (method: string, params: unknown[] = []) => {
    asked.push(`${name} ${method} ${params}`);
    const inner = params[0] === "0x7" ? "0x01" : "0x0102";
    return { header: { extra_data: [{ inner }] } };
  };
  return { look: () => answer("look"), meet: () => answer("meet"), ask };
}

type Given = {
  sets?: number;
  all?: number;
  posts?: number;
  nameless?: string[];
  names?: { from: string; to: string };
  view?: object | Error;
};

const set = [{ id: "0x02", weight: 1 }];
const nodesSeen = new Map([["0x02", { height: 9 }]]);
const VIEW = { set, commits: [{ height: 7 }, { height: 8 }], nodes: nodesSeen };
const SEEN = { set, head: 9 };

function chain({ sets = 4, all = sets, posts = all, nameless = [], names, view = VIEW }: Given) {
  const asked: string[] = [];
  const many = (count: number) => Array.from({ length: count });
  const given = {
    observer: nodes("own", asked, view),
    scene: { sets: many(sets) },
    whole: {
      observer: nodes("all", asked, view),
      scene: { sets: many(all), posts: many(posts), nameless },
    },
    changes: [{ from: "v1", to: "v1", ...(names && { names }) }],
  } as unknown as Asked;
  return { asked, read: (mayBeSilent = false) => chainOf(given, mayBeSilent) };
}

test("who votes is asked of the validators that are rendered, and with them of those that are no more", async () => {
  const own = chain({});
  expect(await own.read()).toEqual(SEEN);
  expect(own.asked).toEqual(["own meet"]);

  const more = chain({ sets: 4, all: 5 });
  expect(await more.read()).toEqual(SEEN);
  expect(more.asked).toEqual(["all meet"]);
});

test("nobody is asked where there is no chain yet, nor where it is not known whose the pods are", async () => {
  for (const given of [{ sets: 0 }, { posts: 0, nameless: ["axon-0"] }]) {
    const { asked, read } = chain(given);
    expect(await read()).toEqual({});
    expect(asked).toEqual([]);
  }
  expect(await chain({ nameless: ["axon-9"] }).read()).toEqual(SEEN);
});

test("a chain that may be silent is looked at once, and is none where nobody answers", async () => {
  const silent = chain({ view: new Error("nobody answers") });
  expect(await silent.read(true)).toEqual({});
  expect(silent.asked).toEqual(["own look"]);
  await expect(silent.read()).rejects.toThrow("nobody answers");

  const refused = new ActionError("kube-forbidden", { what: "", why: "", next: "" });
  await expect(chain({ view: refused }).read(true)).rejects.toBe(refused);
});

test("whose builds have proposed the latest blocks is asked of them where images do not tell", async () => {
  const names = { from: "mirror/axon", to: "ghcr.io/tvl-labs/el-axon" };
  const { asked, read } = chain({ all: 5, names });

  expect(await read()).toEqual({ ...SEEN, builds: new Set(["el-axon", "axon"]) });
  expect(asked).toEqual(["all meet", "all axon_getBlockById 0x7", "all axon_getBlockById 0x8"]);
});
