import { ActionError } from "@playbook/action";
import type { Finding } from "../../src/preflight/finding.ts";
import type { Manifest } from "../../src/preflight/manifest.ts";
import { type Answer, changeOf, checkAnswers } from "../../src/preflight/refusals.ts";

const set: Manifest = { kind: "StatefulSet", metadata: { name: "a" } };

const said = (why: string, code = "kube-invalid"): ActionError =>
  new ActionError(code, { what: "It does not patch it.", why, next: "Give the role a rule." });

type Given = { isPlan?: boolean; told?: Finding[]; rendered?: Manifest[] };

function found(answers: Answer[], { isPlan = false, told = [], rendered = [set] }: Given = {}) {
  return checkAnswers(answers, { rendered, isPlan, told });
}

test("what the API server refuses is an error at the object, in the server's words", () => {
  const why = "spec.a: Invalid value\nspec.b: Required value";

  expect(found([{ one: set, said: said(why) }])).toMatchObject([
    {
      ...{ code: "refused-by-cluster", level: "error", at: "StatefulSet a" },
      why: expect.stringContaining("spec.a: Invalid value; spec.b: Required value. Helm's"),
    },
  ]);
});

test("what is known without asking is not told twice", () => {
  const known: Finding = {
    ...{ code: "immutable-changed", level: "error", at: "StatefulSet a, spec.serviceName" },
    ...{ why: "", next: "" },
  };
  const quota: Finding = { ...known, code: "quota-exceeded", at: "ResourceQuota team" };
  const other = { ...set, metadata: { name: "ab" } };
  const full = said("exceeded quota: team", "kube-refused");

  expect(found([{ one: set, said: said("spec: Forbidden") }], { told: [known] })).toEqual([]);
  expect(found([{ one: other, said: said("spec: Forbidden") }], { told: [known] })).toHaveLength(1);
  expect(found([{ one: set, said: full }], { told: [quota] })).toEqual([]);
  expect(found([{ one: set, said: full }])).toHaveLength(1);
});

test("a right that is missing is an error for who applies, and for who plans told once", () => {
  const answers = [set, { ...set, kind: "Service" }].map((one) => ({
    one,
    said: said('User "ada" cannot patch resource "x"', "kube-forbidden"),
  }));

  expect(found(answers)).toMatchObject([
    { code: "refused-by-cluster", level: "error", next: "Give the role a rule." },
    { code: "refused-by-cluster", level: "error" },
  ]);
  expect(found(answers, { isPlan: true })).toMatchObject([
    { code: "cluster-unasked", level: "warning", why: expect.stringContaining("does not patch") },
  ]);
});

test("a webhook that does not bear to be asked is told, and refuses nothing", () => {
  const webhook = said("admission webhook x.example does not support dry run");

  expect(found([{ one: set, said: webhook }])).toMatchObject([
    { code: "cluster-unasked", level: "warning" },
  ]);
});

test("a namespace that is missing is told once, and not where the chart makes it", () => {
  const missing = said('namespaces "axon" not found', "kube-absent");
  const answers = [1, 2].map((at) => ({
    one: { ...set, metadata: { name: `${at}` } },
    said: missing,
  }));
  const made: Manifest = { kind: "Namespace", metadata: { name: "axon" } };

  expect(found(answers)).toMatchObject([
    { code: "refused-by-cluster", level: "error", at: "Namespace axon" },
  ]);
  expect(found(answers, { rendered: [made] })).toEqual([]);
});

test("what a binding names may be made by Helm just before it", () => {
  const absent = said('roles.rbac.authorization.k8s.io "reader" not found', "kube-absent");

  expect(found([{ one: set, said: absent }])).toEqual([]);
});

test("what was rendered last and is no more is taken away, as Helm does it", () => {
  const last = { ...set, spec: { a: 1, b: { c: 2 } }, data: { x: "1" } };
  const next = { ...set, spec: { b: { d: 3 }, list: [{ e: null }] } };

  expect(changeOf(next, last)).toEqual({
    ...{ ...set, data: null },
    spec: { a: null, b: { c: null, d: 3 }, list: [{ e: null }] },
  });
  expect(changeOf(next, undefined)).toEqual(next);
});

test("a budget that a rollout has left shut is asked about as if it were open", () => {
  const budget = {
    kind: "PodDisruptionBudget",
    metadata: { name: "a" },
    spec: { minAvailable: 4 },
  };

  expect(changeOf(budget, undefined)).toMatchObject({
    spec: { minAvailable: 4, maxUnavailable: null },
  });
});
