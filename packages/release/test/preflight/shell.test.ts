import fc from "fast-check";
import { type Step, stepsIn } from "../../src/preflight/shell/shell.ts";

const steps = (script: string, variables: Record<string, string> = {}) =>
  stepsIn(script, new Map(Object.entries(variables)));

const find = (script: string, name: string, variables = {}): Step | undefined =>
  steps(script, variables).find(({ words }) => words[0] === name);

test("commands are told by their words, whatever stands around them", () => {
  const script = `
# it's no command
set -e; axon \\
  init --config "/etc/a file" > /dev/null 2>&1 | tee log &
cat <<-END > /tmp/x
  if this were 'a command
END
exec "$BIN" run # now`;

  expect(steps(script).map(({ words }) => words)).toEqual([
    ["set", "-e"],
    ["axon", "init", "--config", "/etc/a file"],
    ["tee", "log"],
    ["cat"],
    ["exec", "$BIN", "run"],
  ]);
});

test("variables are what the script, its defaults and the pod make them", () => {
  const script = `A=/data; export B="$A/db"\nrm -rf "\${B:?unset}" \${C:-/c} $D $E \${F:=/f}`;

  expect(find(script, "rm", { D: "/d" })?.words).toEqual([
    "rm",
    "-rf",
    "/data/db",
    "/c",
    "/d",
    "$E",
    "/f",
  ]);
});

test.each<[string, string[]]>([
  ["[ -d /a ] || x", ["[ -d /a ]"]],
  ["test -d /a && { y; x; }", ["test -d /a"]],
  ["if [ -d /a ]; then y; elif [ -d /b ]; then x; fi", ["[ -d /a ]", "[ -d /b ]"]],
  ["if [ -d /a ]; then exit 0; fi; x", ["[ -d /a ]"]],
  ["if [ -d /a ]; then exit 1; fi; x", []],
  ["[ -d /a ] && exec y run\nx", ["[ -d /a ]"]],
  ['case "$(ls /a)" in "") x ;; *) y ;; esac', ["$(ls /a)"]],
  ["there() { [ -d /a ]; }\nthere || x", ["[ -d /a ]"]],
  ["make() { x; }\nif [ -d /a ]; then make; fi", ["[ -d /a ]"]],
  ["mkdir -p /a && cd /a && x", []],
  ["mkdir -p /a || exit 1\nx", []],
  ["if [ -n $B ]; then y; fi; x", []],
  ["if [ $A = yes ]; then x; fi", []],
  ['[[ "${A:-no}" == no ]] || x', []],
  [". /more; if [ $A != yes ]; then x; fi", ["[ yes != yes ]"]],
  ["read -r A; [ $A != yes ] && x", ["[ yes != yes ]"]],
  ["while y; do if [ $A = no ]; then x; fi; A=no; done", ["[ yes = no ]"]],
  ['if [ "$A" != yes ] || [ -d /a ]; then x; fi', ["[ -d /a ]"]],
  ['if [ "$A" = yes ] && [ -d /a ]; then x; fi', ["[ -d /a ]"]],
  ['[ -n "$A" ] && x', []],
  ['[ -z "$B" ] || x', ["[ -z $B ]"]],
  ["if [[ $A == [yn]* ]]; then x; fi", ["[[ yes == [yn]* ]]"]],
  ["f() { f; }; f || x", ["f"]],
  ["A=no; if [ $A = no ]; then x; fi", ["[ no = no ]"]],
  ["if [ $B = yes ]; then x; fi", ["[ $B = yes ]"]],
  ['if [ "${B:-yes}" = yes ]; then x; fi', ["[ yes = yes ]"]],
])("%s asks %j before x", (script, guards) => {
  expect(find(script, "x", { A: "yes" })?.guards.map(({ text }) => text)).toEqual(guards);
});

test("what a command is given as a file is one word of it", () => {
  const words = (script: string) => steps(script).map((step) => step.words);

  expect(words("x <(sort a; sort b) > >(tee c) d\ny")).toEqual([
    ["x", "<(sort a; sort b)", "d"],
    ["y"],
  ]);
});

test("variables that are set for one command are no part of it", () => {
  expect(steps("A=b C=d exec x e=f").map((step) => step.words)).toEqual([["exec", "x", "e=f"]]);
});

test.each([
  "if [ $A != yes ]; then x; fi",
  'if [ "$A" = yes ]; then y; else x; fi',
  'if [ "$A" = no ] && [ -d /a ]; then x; fi',
  'if [ "$A" = yes ] || [ -d /a ]; then y; else x; fi',
  '[ "$A" = no ] && x',
  '[ "$A" = yes ] || x',
  "if [ $A = no -o -z $A ]; then x; fi",
  "if false; then x; fi",
])("in %s, x never runs where A is yes", (script) => {
  expect(find(script, "x", { A: "yes" })).toBeUndefined();
});

test("what a case is asked is no answer, whatever the word is", () => {
  const script = 'case "$A" in no) y ;; *) x ;; esac';

  expect(find(script, "x", { A: "false" })?.guards).toHaveLength(2);
  expect(find(script, "x", { A: "true" })?.guards).toHaveLength(2);
});

test("what a script that is called by another one is told may have been set by that", () => {
  const variables = new Map([["A", "no"]]);
  const script = "[ $A = yes ] && x";

  expect(stepsIn(script, variables).map(({ words }) => words[0])).not.toContain("x");
  expect(stepsIn(script, variables, "export A=yes; sh /x.sh").at(-1)?.words).toEqual(["x"]);
});

test("what is piped does not take the shell's place", () => {
  const words = (script: string) => steps(script).map((step) => step.words.join(" "));

  expect(words("exec x | tee y")).toEqual(["x", "tee y"]);
  expect(words("y | exec x")).toEqual(["y", "x"]);
  expect(words("y && exec x")).toEqual(["y", "exec x"]);
});

test.each<[string, (boolean | undefined)[]]>([
  ["[ -d /a ] && x", [true]],
  ["[ -d /a ] || x", [false]],
  ["[ -d /a ] && [ -d /b ] && x", [true, true]],
  ["[ -d /a ] && [ -d /b ] || x", [undefined, undefined]],
  ["[ -d /a ] || exit 0; x", [true]],
  ["[ -d /a ] && [ -d /b ] && exit 0; x", [undefined, undefined]],
  ["if [ -d /a ]; then y; elif [ -d /b ]; then x; fi", [false, true]],
  ["if [ -d /a ]; then y; else exit 0; fi; x", [true]],
  ["if [ -d /a ]; then y; elif [ -d /b ]; then exit 0; fi; x", [undefined, false]],
  ["if [ -d /a ]; then y; elif [ -d /b ]; then y; else exit 0; fi; x", [undefined, undefined]],
])("in %s, x comes after the answers %j", (script, answers) => {
  expect(find(script, "x")?.guards.map(({ holds }) => holds)).toEqual(answers);
});

test.each<[string, string[][]]>([
  ["if [ -d /a ] && [ -d /b ]; then x; fi", []],
  ["if [ -d /a -a -d /b ]; then x; fi", []],
  ["if [ -d /a ] || [ -d /b ]; then y; else x; fi", []],
  ["if [ -d /a ] || [ -d /b ]; then x; fi", [["[ -d /a ]"], ["[ -d /b ]"]]],
  ["if [ -d /a -o -d /b ]; then x; fi", [["[ -d /a ]"], ["[ -d /b ]"]]],
  ["if [[ -d /a || -d /b ]]; then x; fi", [["[[ -d /a"], ["[[ -d /b ]]"]]],
  ["if [ -d /a ] && [ -d /b ]; then exit 0; fi; x", [["[ -d /a ]"], ["[ -d /b ]"]]],
  [
    "if [ -d /a ] && [ -d /b ] || [ -d /c ]; then x; fi",
    [["[ -d /a ]", "[ -d /b ]"], ["[ -d /c ]"]],
  ],
])("in %s, any of %j leads on to x", (script, any) => {
  const guards = find(script, "x")?.guards ?? [];
  const texts = guards
    .flatMap((guard) => guard.any ?? [])
    .map((all) => all.map(({ text }) => text));

  expect(texts).toEqual(any);
  expect(guards).toHaveLength(any.length > 0 ? 1 : 2);
});

test.each([
  ["x || true", true],
  ["x && y || z", true],
  ["if x; then y; fi", true],
  ["y || x", false],
  ["x && y", false],
  ["x; y || true", false],
])("in %s, x may fail: %s", (script, mayFail) => {
  expect(find(script, "x")?.mayFail).toBe(mayFail);
});

type Tree = { script: string; asked: { text: string; holds: boolean }[] };

const quiet = fc.constantFrom("echo 'it is'", "cd /a || exit 1", "for i in 1 2; do y; done", "A=b");
const separator = fc.constantFrom("; ", "\n", " ;\n  # a note\n");

/** Scripts around one command, with all that is asked before it. */
const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant<Tree>({ script: "x", asked: [] }),
    fc
      .tuple(tie("tree"), fc.nat(99), quiet, separator, fc.nat(7))
      .map(([{ script, asked }, number, other, end, kind]) => {
        const question = `[ -e /q${number} ]`;
        const all = (holds: boolean) => [{ text: question, holds }, ...asked];
        const made: [string, Tree["asked"]][] = [
          [`if ${question}${end}then ${other}${end}${script}${end}fi`, all(true)],
          [`if ${question}${end}then ${other}${end}else ${script}${end}fi`, all(false)],
          [`${question} || {\n${script}${end}}`, all(false)],
          [`${question} && (${script})`, all(true)],
          [`${question} && exit 0${end}${script}`, all(false)],
          [`{ ${other}${end}${script}${end}}${end}${other}`, asked],
          [`if ${question}${end}then ${other}${end}fi${end}${script}`, asked],
          [`while true; do ${script}${end}done`, asked],
        ];
        const [text, guards] = made[kind] ?? ["x", []];
        return { script: text, asked: guards };
      }),
  ),
})).tree;

test("what is asked before a command is what is around it, however deep", () => {
  fc.assert(
    fc.property(trees, ({ script, asked }) => {
      expect(find(script, "x")?.guards).toEqual(asked);
    }),
    { numRuns: 500 },
  );
});

test("whatever the text, reading it ends", () => {
  const piece = fc.constantFrom(
    ..."if then fi case in esac { } ( ) ;; && || ' \" $( ` <<E \n \\ a =".split(" "),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      expect(steps(pieces.join(" ")).length).toBeLessThan(60);
    }),
    { numRuns: 500 },
  );
});
