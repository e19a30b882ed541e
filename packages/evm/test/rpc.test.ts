import { hostOf, Rpc, RpcError, RpcUnreachable } from "../src/index.ts";
import { type Answer, answering, by, type Node, patientClock, Refusal } from "./answering.ts";

const nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
});

async function node(...answers: Parameters<typeof answering>): Promise<Node> {
  const started = await answering(...answers);
  nodes.push(started);
  return started;
}

const NOWHERE = "http://127.0.0.1:1";
const five = by({ eth_chainId: "0x5" });
const cut: Answer = { cut: true };

const calls = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ method: "get", params: [index] }));

const echo = by({ get: (index: number) => index });

const values = (outcomes: object[]) =>
  outcomes.map((outcome) => ("result" in outcome ? outcome.result : outcome));

describe("one call", () => {
  test("gives the node's result", async () => {
    const { url, asked } = await node(five);
    expect(await new Rpc([url]).send("eth_chainId", 1, "a")).toBe("0x5");
    expect(asked).toEqual([{ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [1, "a"] }]);
  });

  test("throws the node's refusal with its code and data, and does not repeat it", async () => {
    const { url, asked } = await node(
      by({ eth_call: new Refusal(3, "execution reverted", "0x12") }),
    );
    const failure = await new Rpc([url]).send("eth_call").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RpcError);
    expect(failure).toMatchObject({ code: 3, message: "execution reverted", data: "0x12" });
    expect(asked).toHaveLength(1);
  });

  test("takes a refusal that names no request for its own, also with status 400", async () => {
    const body = { jsonrpc: "2.0", id: null, error: { code: -32600, message: "invalid request" } };
    const { url } = await node({ status: 400, body });
    await expect(new Rpc([url]).send("eth_chainId")).rejects.toThrow("invalid request");
  });

  test("sends the user name and password of a URL, and nothing of it in an error", async () => {
    const { url, headers } = await node(five);
    await new Rpc([url.replace("http://", "http://joe:se%20cret@")]).send("eth_chainId");
    expect(headers[0]?.authorization).toBe(`Basic ${btoa("joe:se cret")}`);
  });
});

describe("a node that does not answer", () => {
  test.each<[string, Answer]>([
    ["cuts the connection", cut],
    ["says 500", { status: 500, body: "oops" }],
    ["says 503 with a reply in it", { status: 503, body: { id: 1, result: "0x6" } }],
    ["says 401", { status: 401, body: "who are you" }],
    ["answers in HTML", { body: "<html>" }],
    ["answers with nothing", { body: "" }],
    ["answers something else", { body: { id: 99, result: "0x6" } }],
    ["answers with a list of nothing", { body: [null] }],
  ])("but %s is asked again", async (_, answer) => {
    const { url, asked } = await node(answer, answer, five);
    const clock = patientClock();
    expect(await new Rpc([url], { clock }).send("eth_chainId")).toBe("0x5");
    expect(asked).toHaveLength(3);
    expect(clock.slept).toEqual([100, 200]);
  });

  test("and never did is given up after three seconds, by the name of its host alone", async () => {
    const clock = patientClock();
    const failure = await new Rpc([`${NOWHERE}/v3/SECRET?key=SECRET`], { clock })
      .send("eth_chainId")
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RpcUnreachable);
    expect(String(failure)).toBe("RpcUnreachable: 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1");
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain("SECRET");
    expect(clock.slept).toEqual([100, 200, 400, 800]);
  });

  test("any more is waited for beyond 20 s of outage", async () => {
    const { url } = await node(five, cut);
    const clock = patientClock();
    const rpc = new Rpc([url], { clock });
    await rpc.send("eth_chainId");
    await expect(rpc.send("eth_chainId")).rejects.toBeInstanceOf(RpcUnreachable);
    expect(clock.slept.reduce((sum, ms) => sum + ms)).toBeGreaterThan(20_000);
  });

  test("is not waited for once the run has to end", async () => {
    const stop = new AbortController();
    const { url } = await node(() => {
      stop.abort(new Error("cancelled by the user"));
      return cut;
    });
    const clock = patientClock();
    const asking = new Rpc([url], { clock, signal: stop.signal }).send("eth_chainId");
    await expect(asking).rejects.toThrow("cancelled by the user");
    expect(clock.slept).toEqual([]);
  });
});

describe("a limit of requests", () => {
  const words = (code: number, message: string, data?: unknown): Answer => ({
    body: { id: 1, error: { code, message, data } },
  });

  test.each<[string, Answer, number]>([
    ["429", { status: 429 }, 100],
    ["429 and Retry-After in seconds", { status: 429, headers: { "retry-after": "7" } }, 7_000],
    ["503 and Retry-After", { status: 503, headers: { "retry-after": "2" } }, 2_000],
    [
      "429 and Retry-After as a date",
      { status: 429, headers: { "retry-after": new Date(1_005_000).toUTCString() } },
      5_000,
    ],
    [
      "429 and a date gone by",
      { status: 429, headers: { "retry-after": new Date(0).toUTCString() } },
      100,
    ],
    [
      "429 and an hour, which is too long",
      { status: 429, headers: { "retry-after": "3600" } },
      60_000,
    ],
    ["Alchemy's code with status 200", words(429, "Your app has exceeded its compute units"), 100],
    [
      "Infura's words with a time",
      words(-32005, "project ID request rate exceeded", { backoff_seconds: 30 }),
      30_000,
    ],
    [
      "Infura's words with a time further down",
      words(-32005, "project ID request rate exceeded", { rate: { backoff_seconds: 3 } }),
      3_000,
    ],
    ["QuickNode's words", words(-32007, "50/second request limit reached"), 100],
    ["Chainstack's words", words(-32005, "You've exceeded the RPS limit available"), 100],
    ["Ankr's words", words(-32090, "Too many requests, reason: call rate limit exhausted"), 100],
    ["EIP-1474's words", words(-32005, "Limit exceeded"), 100],
  ])("is waited for: %s", async (_, answer, ms) => {
    const { url } = await node(answer, five);
    const clock = patientClock(1_000_000);
    expect(await new Rpc([url], { clock }).send("eth_chainId")).toBe("0x5");
    expect(clock.slept).toEqual([ms]);
  });

  test.each(["account limit exceeded: pooled 16 txs", "exceeds block gas limit", "txpool is full"])(
    "is not what a pool means by: %s",
    async (message) => {
      const { url } = await node(words(-32000, message));
      await expect(new Rpc([url]).send("eth_sendRawTransaction")).rejects.toThrow(message);
    },
  );
});

describe("several URLs", () => {
  test("the first that answers is kept, and the others are not asked", async () => {
    const [first, second] = [await node(five), await node(five)];
    const rpc = new Rpc([first.url, second.url]);
    await rpc.send("eth_chainId");
    await rpc.send("eth_chainId");
    expect([first.asked.length, second.asked.length]).toEqual([2, 0]);
  });

  test("the next is asked at once when one fails, and kept", async () => {
    const second = await node(five);
    const clock = patientClock();
    const rpc = new Rpc([NOWHERE, second.url], { clock });
    expect(await rpc.send("eth_chainId")).toBe("0x5");
    expect(await rpc.send("eth_chainId")).toBe("0x5");
    expect(clock.slept).toEqual([]);
    expect(rpc.host).toBe(hostOf(second.url));
  });

  test("two failures at once do not pass over the URL that works", async () => {
    const [bad, good] = [await node(cut), await node(five)];
    const rpc = new Rpc([bad.url, good.url], { clock: patientClock() });
    await rpc.all(calls(101));
    expect(bad.asked).toHaveLength(2);
    expect(rpc.host).toBe(hostOf(good.url));
  });

  test("a pause comes when all have failed, and each host is named once in the end", async () => {
    const [one, two] = [await node(cut), await node(cut)];
    const clock = patientClock();
    const rpc = new Rpc([`${one.url}/KEY`, two.url, `${one.url}/OTHER`], { clock });
    await expect(rpc.send("eth_chainId")).rejects.toThrow(
      `${hostOf(one.url)}, ${hostOf(two.url)}: socket hang up`,
    );
    expect(clock.slept.slice(0, 3)).toEqual([100, 200, 200]);
    expect(one.asked.length + two.asked.length).toBe(15);
  });
});

describe("many calls", () => {
  test("go one batch after the other when they hand over transactions, so that none overtakes", async () => {
    let open = 0;
    const { url, asked } = await node((batch) => {
      open += 1;
      return by({ eth_sendRawTransaction: (index: number) => index })(batch);
    });
    const sends = Array.from({ length: 250 }, (_, index) => index);
    const outcomes = await new Rpc([url]).all(
      sends.map((index) => ({ method: "eth_sendRawTransaction", params: [index] })),
    );
    expect(values(outcomes)).toEqual(sends);
    const order = asked.flat().map(({ params }) => params[0]);
    expect(order).toEqual(sends);
    expect(open).toBe(3);
  });

  test("go in batches of 100, and come back in their order", async () => {
    const { url, asked } = await node((requests) => {
      const { body } = echo(requests);
      return { body: (body as object[]).toReversed() };
    });
    const outcomes = await new Rpc([url]).all(calls(250));
    expect(values(outcomes)).toEqual(Array.from({ length: 250 }, (_, index) => index));
    expect(asked.map((batch) => [batch].flat().length).sort()).toEqual([100, 100, 50]);
  });

  test("that are made at one moment go out together, in order", async () => {
    const { url, asked } = await node(echo);
    const rpc = new Rpc([url]);
    const answers = await Promise.all([rpc.send("get", 7), rpc.all(calls(2)), rpc.send("get", 8)]);
    expect([answers[0], ...values(answers[1]), answers[2]]).toEqual([7, 0, 1, 8]);
    expect(asked).toHaveLength(1);
  });

  test("go apart when they are long: providers limit a request's size", async () => {
    const { url, asked } = await node(echo);
    const long = (length: number) => ({ method: "get", params: ["f".repeat(length)] });
    await new Rpc([url]).all([100_000, 100_000, 100_000, 900_000, 1].map(long));
    expect(asked.map((one) => [one].flat().length)).toEqual([2, 1, 1, 1]);
  });

  test("keep their own refusals", async () => {
    const get = (index: number) => (index === 1 ? new Refusal(-32000, "no state") : index);
    const { url } = await node(by({ get }));
    const outcomes = await new Rpc([url]).all(calls(3));
    expect(outcomes).toEqual([
      { result: 0 },
      { error: expect.objectContaining({ message: "no state" }) },
      { result: 2 },
    ]);
  });

  test.each<[string, Answer]>([
    [
      "with an error for all",
      { body: { id: null, error: { code: -32600, message: "no batches" } } },
    ],
    ["with status 400", { status: 400, body: "bad request" }],
    ["with status 413", { status: 413, body: "too large" }],
    ["with an empty list", { body: [] }],
    ["with fewer replies", { body: [{ id: 1, result: 0 }] }],
  ])("go one by one from then on to a node that refuses a batch %s", async (_, refusal) => {
    const { url, asked } = await node((requests) =>
      requests.length > 1 ? refusal : echo(requests),
    );
    const rpc = new Rpc([url], { clock: patientClock() });
    expect(values(await rpc.all(calls(3)))).toEqual([0, 1, 2]);
    expect(values(await rpc.all(calls(2)))).toEqual([0, 1]);
    expect(asked.filter((one) => Array.isArray(one))).toHaveLength(1);
  });

  test("are asked again as a whole when one of them met a limit of requests", async () => {
    const limited = by({ get: new Refusal(429, "slow down") });
    const { url } = await node(limited, echo);
    const clock = patientClock();
    expect(values(await new Rpc([url], { clock }).all(calls(3)))).toEqual([0, 1, 2]);
    expect(clock.slept).toEqual([100]);
  });

  test("of which there are none ask nothing", async () => {
    expect(await new Rpc([NOWHERE]).all([])).toEqual([]);
  });
});
