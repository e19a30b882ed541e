import { plain } from "../src/index.ts";

test("colours are taken out", () => {
  expect(plain("\u001b[31mError\u001b[0m\r\n")).toBe("Error\n");
});
