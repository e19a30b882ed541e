import { type Cluster, until } from "@playbook/world";

const API = "/apis/admissionregistration.k8s.io/v1";

type Refused = {
  rule: { apiGroups: string[]; resources: string[]; operations: string[] };
  /** In CEL: what it lets pass. */
  passes: string;
  message: string;
  /** Throws once it is in force, which is a while after it is made. */
  probe: () => Promise<unknown>;
};

/** Something that the API server refuses from now on. */
export async function refusing(
  { api }: Cluster,
  { rule, passes, message, probe }: Refused,
): Promise<AsyncDisposable> {
  const own = { apiVersion: "admissionregistration.k8s.io/v1", metadata: { name: "refusing" } };
  await api.apply(`${API}/validatingadmissionpolicies/refusing`, {
    ...{ ...own, kind: "ValidatingAdmissionPolicy" },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: { resourceRules: [{ ...rule, apiVersions: ["v1"] }] },
      validations: [{ expression: passes, message }],
    },
  } as never);
  const binding = `${API}/validatingadmissionpolicybindings/refusing`;
  await api.apply(binding, {
    ...{ ...own, kind: "ValidatingAdmissionPolicyBinding" },
    spec: { policyName: "refusing", validationActions: ["Deny"] },
  } as never);
  const isInForce = () =>
    probe().then(
      () => false,
      () => true,
    );
  await until(isInForce);
  return { [Symbol.asyncDispose]: () => api.delete(binding) };
}
