import { liveText, readLive } from "../src/live.ts";
import { ROUTES } from "../src/testing.ts";

test("the edge is told the release and what it shares, and of routing where it is by files", () => {
  expect(JSON.parse(liveText({ release: "v1", routes: ROUTES }))).toEqual({
    ...{ version: 1, release: "v1", shared: ["/assets/"], own: [] },
  });
  const files = { ...ROUTES, routing: "files" as const };
  expect(readLive(liveText({ release: "v1", routes: files }))).toMatchObject({ routing: "files" });
  const alone = { ...ROUTES, isolated: true as const };
  expect(readLive(liveText({ release: "v1", routes: alone }))).toMatchObject({ isolated: true });
});

test("more than the store takes is refused before anything is uploaded", () => {
  const own = Array.from({ length: 60 }, (_, index) => `/assets/some-file-${index}.js`);
  expect(() => liveText({ release: "v1", routes: { ...ROUTES, own } })).toThrow(
    expect.objectContaining({ code: "routes-too-long" }),
  );
});

test("as much as the store takes is told, and not a byte more", () => {
  const textOf = (length: number) =>
    liveText({ release: "v1", routes: { ...ROUTES, own: ["x".repeat(length)] } });
  const room = 1_024 - textOf(0).length;

  expect(textOf(room)).toHaveLength(1_024);
  expect(() => textOf(room + 1)).toThrow(expect.objectContaining({ code: "routes-too-long" }));
});

test.each(["v1", "{}", '{"version":2,"release":"v1","shared":[],"own":[]}'])(
  "%s is nothing that this library has written",
  (text) => {
    expect(() => readLive(text)).toThrow(expect.objectContaining({ code: "live-unreadable" }));
  },
);
