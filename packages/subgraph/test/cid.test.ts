import { cidOf } from "../src/cid.ts";

test.each([
  { text: "", cid: "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH" },
  { text: "hello world\n", cid: "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o" },
  { text: "hello world", cid: "Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD" },
])("$text is $cid, as everybody's IPFS says", ({ text, cid }) => {
  expect(cidOf(Buffer.from(text))).toBe(cid);
});

test("a file of more chunks than a node has links is a tree of two levels", () => {
  expect(cidOf(Buffer.alloc(175 * 262_144))).toBe("QmaL1KiQRV8secNszpjjFPg722T53c77k2dz5UsNua59ZT");
});
