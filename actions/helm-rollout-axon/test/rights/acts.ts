import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { connectByFile, Helm } from "@playbook/kube";
import { until } from "@playbook/world";
import { merged, type Values } from "../../../../test/charts.ts";
import { type AxonChain, newChain } from "../axon-chain.ts";
import { withRoles } from "../chart/values.ts";
import { CLUSTER, NAME, type Place } from "./place.ts";

/** What a run said, whether it ended well or not. */
export type Told = { outcome: string; words: string };

const SMALL = { resources: { requests: { cpu: "100m", memory: "128Mi" } } };

/** All that the chart can have, but for the keys' other source. */
const ON: Values = {
  rpc: { enabled: true, replicas: 1, autoscaling: { enabled: true, maxReplicas: 2 }, ...SMALL },
  syncNode: { enabled: true, ...SMALL },
  metrics: { serviceMonitor: { enabled: true } },
  keys: { source: "external-secrets", region: "us-east-1" },
  storage: { className: "" },
};

/** As little as it can have. Nothing here mounts what the other source of keys has. */
const OFF: Values = {
  keys: { source: "csi" },
  storage: { className: `${NAME}-${NAME}-retain` },
  priority: { create: false },
  network: { policy: { enabled: false } },
};

/** Everything that is done with a release, by the roles that may do it. */
export class Acts {
  readonly #place: Place;
  readonly #chain: AxonChain;
  #turn = 0;

  private constructor(place: Place, chain: AxonChain) {
    this.#place = place;
    this.#chain = chain;
  }

  /** Keys of a chain that is not there yet. */
  static async open(place: Place): Promise<Acts> {
    const chain = await newChain(place.cluster, NAME);
    const { api } = place.cluster;
    const secrets = `/api/v1/namespaces/${NAME}/secrets`;
    for (const { name, existingSecret } of chain.validators) {
      const { data } = await api.get(`${secrets}/${existingSecret}`);
      const metadata = { name: `${NAME}-${name}-keys` };
      await api.create(secrets, { apiVersion: "v1", kind: "Secret", metadata, data } as never);
    }
    return new Acts(place, chain);
  }

  plan(): Promise<Told> {
    return this.#run(ON, { mode: "plan", role: this.#place.roles.plan });
  }

  /** Another configuration: every validator is replaced. */
  upgrade(): Promise<Told> {
    return this.#run(this.#next(ON));
  }

  /** Each validator's volume is snapshotted. */
  forwardOnly(): Promise<Told> {
    return this.#run(this.#next(ON), { data: "forward-only" });
  }

  /** All that can be is taken away, and comes back since no validator comes up without its key. */
  turnBack(): Promise<Told> {
    return this.#run(this.#next(OFF), { validatorTimeout: 6_000 });
  }

  /** Controllers may not delete the first validator's pod. */
  async heldUp(): Promise<Told> {
    const { api } = this.#place.cluster;
    const path = "/apis/admissionregistration.k8s.io/v1";
    await api.apply(`${path}/validatingadmissionpolicies/keep`, KEEP as never);
    await api.apply(`${path}/validatingadmissionpolicybindings/keep`, BINDING as never);
    try {
      return await this.upgrade();
    } finally {
      await api.delete(`${path}/validatingadmissionpolicybindings/keep`);
    }
  }

  /** So many revisions that Helm removes the oldest one when it makes another. */
  async age(): Promise<void> {
    const { helm: program, env } = await this.#chain.inputs({});
    const { cluster } = this.#place;
    const path = await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] });
    const connection = await connectByFile({ path, clock: realClock, env });
    const driver = "configmap" as const;
    const context = contextForTests();
    await using helm = await Helm.open({ program, connection, driver, context, env });
    const release = { name: NAME, namespace: NAME };
    for (let at = 0; at < HISTORY; at += 1) await helm.rollback(release, 1, { historyMax: 0 });
  }

  /** Somebody deletes what the chart has of one kind, but for the validators themselves. */
  async lose(collection: string): Promise<void> {
    const { api } = this.#place.cluster;
    const there = await api.list(collection);
    const lost = there.filter(
      ({ metadata }) =>
        metadata.annotations?.["meta.helm.sh/release-name"] === NAME &&
        metadata.labels?.["app.kubernetes.io/component"] !== "validator",
    );
    const paths = lost.map(({ metadata }) => `${collection}/${metadata.name}`);
    for (const path of paths) await api.delete(path);
    await until(async () => {
      const left = await Promise.all(paths.map((path) => api.find(path)));
      return left.every((object) => object === undefined);
    });
  }

  #next(values: Values): Values {
    this.#turn += 1;
    return merged(values, { config: { web3: { maxGasCap: 50_000_000 + this.#turn } } });
  }

  async #run(values: Values, changes: object = {}): Promise<Told> {
    const { aws, roles } = this.#place;
    const named = this.#chain.validators.map(({ existingSecret: _, ...rest }) => rest);
    const validators = withRoles(named);
    const way = { kubeconfig: undefined, cluster: CLUSTER, region: aws.region, role: roles.apply };
    const context = contextForTests();
    try {
      const all = merged(values, { validators });
      const { report } = await this.#chain.roll(all, { ...way, ...changes }, context);
      const { outputs, failure } = report;
      const outcome = String(outputs.outcome ?? outputs["can-apply"]);
      return { outcome, words: [failure?.message, ...context.warnings, report.summary].join("\n") };
    } catch (error) {
      return { outcome: "failed", words: [String(error), ...context.warnings].join("\n") };
    }
  }
}

/** Helm keeps that many. */
const HISTORY = 20;

const name = "keep";
const policyApi = { apiVersion: "admissionregistration.k8s.io/v1", metadata: { name } };

const KEEP = {
  ...policyApi,
  kind: "ValidatingAdmissionPolicy",
  spec: {
    failurePolicy: "Fail",
    matchConstraints: {
      resourceRules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["DELETE"], resources: ["pods"] },
      ],
    },
    validations: [
      {
        expression: [
          "has(oldObject.metadata.deletionTimestamp)",
          `request.name != "${NAME}-v0-0"`,
          '!request.userInfo.username.startsWith("system:")',
        ].join(" || "),
      },
    ],
  },
};

const BINDING = {
  ...policyApi,
  kind: "ValidatingAdmissionPolicyBinding",
  spec: { policyName: name, validationActions: ["Deny"] },
};
