import fc from "fast-check";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { chance } from "../../../test/chance.ts";
import { harmless } from "../src/harmless.ts";

/** What GitHub would make of it before it sanitises. */
function rendered(markdown: string): string {
  const options = { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true };
  return micromark(harmless(markdown), options);
}

/** As a person sees it. */
function seen(markdown: string): string {
  return harmless(markdown).replaceAll("\u200b", "");
}

const plan = `## Contracts: production · v1

> [!WARNING]
> There is code at 0x00 on sepolia already.

| # | Step | Gas |
|---|---|---|
| 1 | \`deploy Nexus(uint256 3)\` | 1,200,000 |

<details><summary>1 new contract</summary>

| Step | Contract |
|---|---|
| 1 | Nexus |

</details>

\`\`\`mermaid
flowchart LR
  subgraph c0["sepolia"]
    s0["1: deploy Nexus"]
  end
  s0 --> s1
\`\`\`

<details><summary>new: <code>config/a&b.json</code></summary>

\`\`\`diff
+{


+  "a": "<b>"
\`\`\`

</details>`;

test("a plan as the planner writes it looks the same", () => {
  expect(seen(plan)).toBe(plan.replace("a&b", "a&amp;b"));
});

test.each([
  { says: "a person", markdown: "ask @alice", pinged: "@alice" },
  { says: "a team", markdown: "@khalani/core", pinged: "@khalani" },
  { says: "a person behind a backslash", markdown: "\\@alice", pinged: "@alice" },
  { says: "a person behind an entity", markdown: "&#64;alice", pinged: "@alice" },
  {
    says: "a person in a table's broken code",
    markdown: "|a|b|\n|-|-|\n|`x|@alice`|",
    pinged: "@a",
  },
  { says: "a person in a title", markdown: "<details><summary>@bob</summary>", pinged: "@bob" },
  {
    says: "a person in code that bots read",
    markdown: "```\n@dependabot merge\n```",
    pinged: "@d",
  },
  { says: "an issue", markdown: "fixes #12", pinged: "#12" },
  { says: "an issue elsewhere", markdown: "see khalani/nexus#12", pinged: "#12" },
  { says: "an issue in the old way", markdown: "see GH-12 and GH\\-13", pinged: "GH-1" },
  { says: "an issue by its address", markdown: "https://github.com/a/b/issues/1", pinged: "://" },
])("$says is not mentioned", ({ markdown, pinged }) => {
  expect(rendered(markdown)).not.toContain(pinged);
});

test.each([
  { says: "an image", markdown: "![x](https://evil.example/x.png)" },
  { says: "an image by reference", markdown: "![x][y]\n\n[y]: https://evil.example/x.png" },
  { says: "an image as HTML", markdown: '<img src="https://evil.example/x.png">' },
  { says: "a link", markdown: "[approve](https://evil.example)" },
  { says: "a link to a page of the repository", markdown: "[settings](../settings)" },
  { says: "a link by reference", markdown: "[x]\n\n[x]: /evil" },
  { says: "a link by reference over two lines", markdown: "[x\ny]\n\n[x\ny]: /evil" },
  { says: "a footnote", markdown: "text[^1]\n\n[^1]: note" },
  { says: "an address", markdown: "https://evil.example, www.evil.example, a@evil.example" },
  { says: "an address in angles", markdown: "<https://evil.example>" },
  { says: "a heading in HTML", markdown: "<h1>Merged</h1>" },
  { says: "a comment that hides", markdown: "<!-- hidden\n\n-->" },
  { says: "HTML in a title", markdown: "<details><summary><a href=x>y</a></summary>" },
  { says: "HTML that a lie about code would free", markdown: "<details>\n```\n<img src=x>\n```" },
  { says: "HTML behind code in a quote", markdown: "> ```\n<img src=x>" },
  { says: "HTML behind longer code", markdown: "````\n```\n````\n<img src=x>\n```" },
  { says: "HTML behind another kind of line end", markdown: "```\rx\r```\r<img src=x>" },
])("$says is not made", ({ markdown }) => {
  expect(rendered(markdown)).not.toMatch(/<(a|img|h1|!--)/);
});

test("a link of the form that plans have keeps its text", () => {
  expect(seen("| [`0xabc`](https://explorer.example/0xabc) |")).toBe("| `0xabc` |");
});

test("a command for a bot is none any more", () => {
  const made = harmless("/deploy\n> /merge\n\n```\n/lgtm\n```");
  expect(made).not.toMatch(/^[>\s]*\//m);
});

test("what turns the direction of text is gone", () => {
  expect(harmless("a\u202eb\u2066c\u0000d")).toBe("abcd");
});

test.each([
  { says: "follows a click", line: 'click s0 "https://evil.example"' },
  { says: "follows a click behind a box", line: 's0["x"];click s0 call x()' },
  { says: "sets its own rules", line: '%%{init: {"securityLevel": "loose"}}%%' },
  { says: "has HTML", line: 's0["<img src=x>"]' },
  { says: "loads something", line: 's0@{ img: "//evil.example/x.png" }' },
])("a picture that $says is shown as its source", ({ line }) => {
  const made = harmless(`\`\`\`mermaid\nflowchart LR\n${line}\n\`\`\``);
  expect(made).toMatch(/^```\nflowchart/);
});

test("a map, a model or a formula is shown as its source", () => {
  expect(harmless("```geojson\n{}\n```\n```math\nx\n```")).toBe("```\n{}\n```\n```\nx\n```");
});

test("what is opened is closed, what was not opened is not closed", () => {
  const open = harmless("</details>\n<details><summary>a</summary>\n```diff\n+x");
  expect(open).toBe("<details><summary>a</summary>\n\n```diff\n+x\n```\n\n</details>");
});

const nasty = fc.constantFrom(
  ...["```", "````", "~~~", "`", "```diff", "```mermaid", "<details>", "</details>"],
  ...["<details><summary>t</summary>", "<img src=x>", "<!--", "-->", "<pre>", "<script>", "</"],
  ...["@bob", "&#64;", "\\", "[", "]", "(", ")", "](", "]:", "!", "![", ":", "://", "https://e.io"],
  ...["\n", "\n\n", "\r", "    ", "  ", "\t", "> ", "- ", "1. ", "# ", "|", "|-|-|\n", "x", "/x"],
  ...["#1", "www.e.io", "*", "_", "$", "$$", "---", "===", "\u200b", "\u202e"],
);

test("whatever is put together, only what we generate is HTML", () => {
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 40 }), (parts) => {
      const html = rendered(parts.join(""));
      const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)|<!/g)].map(([, tag]) => tag));
      expect([...tags].filter((tag) => !tag || !HARMLESS.has(tag))).toEqual([]);
      expect(html).not.toMatch(/@\w|href|src=(?!x&gt;)/);
      expect(html.split("<details>")).toHaveLength(html.split("</details>").length);
    }),
    chance(200),
  );
});

const HARMLESS = new Set(
  `p h1 h2 h3 h4 h5 h6 hr br em strong del code pre blockquote ul ol li table thead tbody tr th td
   details summary input`.split(/\s+/),
);
