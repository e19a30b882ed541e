import { placeholdersIn, policyDocument } from "@playbook/access";
import { type Access, SURROUNDINGS } from "@playbook/access/format";
import { Document, Scalar, YAMLSeq } from "yaml";
import type { Action } from "../library.ts";
import { formatted } from "./formatted.ts";

/** GitHub's issuer, which is also the prefix of its claims' condition keys. */
const ISSUER = "token.actions.githubusercontent.com";

/** IAM's shortest: an action renews its session for as long as it runs. */
const SESSION_SECONDS = 3600;

const HEADER = ` Generated from every actions/*/access.yml by \`npm run sync\`: do not edit.

 The roles of one environment of one product repository, one for each system whose parameters are
 given. Deploy it once for each environment, after the systems' own templates, whose outputs are its
 parameters.`;

/** One system's part: all that its actions may do, by one role. */
type System = { name: string; access: Access[] };

/** The CloudFormation template of the roles that the actions assume. */
export function rolesTemplate(actions: Action[]): string {
  const systems = systemsOf(actions);
  const template = {
    AWSTemplateFormatVersion: quoted("2010-09-09"),
    Description:
      "Roles that GitHub Actions assumes by OIDC: for one environment of one repository, through " +
      "trusted workflows only, and for exactly what the actions' access.yml files say.",
    Parameters: { ...commonParameters, ...Object.assign({}, ...systems.map(parameters)) },
    Conditions: {
      MakesOidcProvider: equals("OidcProvider"),
      MakesBoundary: equals("Boundary"),
      ...Object.assign({}, ...systems.map(conditions)),
    },
    Resources: {
      Provider: provider,
      StandardBoundary: boundary(systems),
      ...Object.assign({}, ...systems.map(role)),
    },
    Outputs: Object.assign({}, ...systems.map(output)),
  };
  const document = new Document(template);
  document.commentBefore = HEADER;
  return formatted(document.toString({ lineWidth: 100 }), "yml");
}

function systemsOf(actions: Action[]): System[] {
  const groups = Map.groupBy(
    actions.filter(({ access }) => access.aws.length > 0),
    ({ access }) => access.system ?? "",
  );
  return [...groups].map(([name, members]) => ({
    name,
    access: members.map((action) => action.access),
  }));
}

const commonParameters = {
  Name: text("Begins the roles' names, for example nexus-production.", "^[a-z0-9][a-z0-9-]{1,23}$"),
  Owner: text("Owner of the product's repository: a user or an organisation.", "^[A-Za-z0-9-]+$"),
  OwnerId: text("Its number: `gh api users/OWNER --jq .id`.", "^[0-9]+$"),
  Repository: text("Name of the product's repository, without its owner.", "^[A-Za-z0-9._-]+$"),
  RepositoryId: text(
    "Its number: `gh api repos/OWNER/REPOSITORY --jq .id`. A repository made " +
      "again under the same name has another.",
    "^[0-9]+$",
  ),
  Environment: text(
    "GitHub environment whose jobs may assume the roles. Restrict its branches.",
    "^[A-Za-z0-9._/-]+$",
  ),
  TrustedWorkflows: {
    Type: "CommaDelimitedList",
    Description:
      "The workflows that may assume the roles, with the refs that callers write, for example " +
      "khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1.0.0. Add the new " +
      "one beside the old one before an upgrade. A movable tag trusts whatever it will point to. " +
      "For an action used directly name the calling workflow.",
  },
  OidcProvider: {
    Type: "String",
    Description:
      "ARN of the account's OIDC provider for GitHub; an account has one. Empty: make it here.",
    Default: "",
  },
  Boundary: {
    Type: "String",
    Description:
      "ARN of a permissions boundary of your own. Empty: one that allows the roles' sum.",
    Default: "",
  },
};

const provider = {
  Type: "AWS::IAM::OIDCProvider",
  Condition: "MakesOidcProvider",
  DeletionPolicy: "Retain",
  UpdateReplacePolicy: "Retain",
  Properties: { Url: `https://${ISSUER}`, ClientIdList: ["sts.amazonaws.com"] },
};

function boundary(systems: System[]) {
  const all = systems.flatMap((system) =>
    statements(system).map((statement) => when(`Makes${capital(system.name)}`, statement)),
  );
  return {
    Type: "AWS::IAM::ManagedPolicy",
    Condition: "MakesBoundary",
    Properties: {
      ManagedPolicyName: sub("${Name}-boundary"),
      Description: "The most that the roles of this stack may do, whatever is attached to them.",
      PolicyDocument: { Version: quoted("2012-10-17"), Statement: all },
    },
  };
}

function role(system: System) {
  return {
    [`${capital(system.name)}Role`]: {
      Type: "AWS::IAM::Role",
      Condition: `Makes${capital(system.name)}`,
      Properties: {
        RoleName: sub(`\${Name}-${system.name}`),
        Description: sub(`${capital(system.name)} of \${Owner}/\${Repository}, \${Environment}`),
        MaxSessionDuration: SESSION_SECONDS,
        PermissionsBoundary: choose("MakesBoundary", ref("StandardBoundary"), ref("Boundary")),
        AssumeRolePolicyDocument: trust(),
        Policies: [
          {
            PolicyName: system.name,
            PolicyDocument: { Version: quoted("2012-10-17"), Statement: statements(system) },
          },
        ],
      },
    },
  };
}

/** Every claim counts: a fork, another branch's environment or another workflow has another. */
function trust() {
  const claim = (name: string) => `${ISSUER}:${name}`;
  return {
    Version: quoted("2012-10-17"),
    Statement: [
      {
        Effect: "Allow",
        Principal: {
          Federated: choose("MakesOidcProvider", ref("Provider"), ref("OidcProvider")),
        },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [claim("aud")]: "sts.amazonaws.com",
            // Repositories made since 15 July 2026 carry the owner's and their own number.
            [claim("sub")]: [
              sub("repo:${Owner}/${Repository}:environment:${Environment}"),
              sub(
                "repo:${Owner}@${OwnerId}/${Repository}@${RepositoryId}:environment:${Environment}",
              ),
            ],
            [claim("repository_id")]: ref("RepositoryId"),
            [claim("environment")]: ref("Environment"),
            [claim("job_workflow_ref")]: ref("TrustedWorkflows"),
          },
        },
      },
    ],
  };
}

/** The system's statements with CloudFormation's references in the placeholders' places. */
function statements({ name, access }: System) {
  const values = Object.fromEntries([
    ...SURROUNDINGS.map((place) => [place, SURROUNDING_VALUES[place]]),
    ...access.flatMap(({ parameters }) =>
      Object.keys(parameters).map((key) => [key, `\${${capital(name)}${capital(key)}}`]),
    ),
  ]);
  const all = access.flatMap(({ aws }) => aws);
  const optional = new Set(parametersOf(access, true));
  return all.map((statement) => {
    const [filled] = policyDocument([statement], values).Statement;
    const needed = new Set(placeholdersIn(statement).filter((key) => optional.has(key)));
    return [...needed].reduce<unknown>(
      (made, key) => when(`Has${capital(name)}${capital(key)}`, made),
      substituted(filled),
    );
  });
}

/** The names of the parameters without which a role is not made, or is made all the same. */
function parametersOf(access: Access[], isOptional: boolean): string[] {
  const all = access.flatMap((one) => Object.entries(one.parameters));
  return all.filter(([, { optional }]) => optional === isOptional).map(([key]) => key);
}

/**
 * A system's role is made when all that it works on is named; a product may have one system only.
 */
function conditions({ name, access }: System) {
  const given = (key: string) => not(equals(`${capital(name)}${capital(key)}`));
  const needed = parametersOf(access, false).map(given);
  const optional = parametersOf(access, true).map((key) => [
    `Has${capital(name)}${capital(key)}`,
    given(key),
  ]);
  const [first, ...others] = needed;
  return {
    [`Makes${capital(name)}`]: others.length > 0 ? sequence("!And", needed) : first,
    ...Object.fromEntries(optional),
  };
}

const SURROUNDING_VALUES = {
  partition: "${AWS::Partition}",
  region: "${AWS::Region}",
  account: "${AWS::AccountId}",
};

function parameters({ name, access }: System) {
  const all = access.flatMap((one) => Object.entries(one.parameters));
  return Object.fromEntries(
    all.map(([key, { description, pattern }]) => [
      `${capital(name)}${capital(key)}`,
      { ...text(description, pattern.replace(/^\^(.*)\$$/, "^($1)?$")), Default: "" },
    ]),
  );
}

function output({ name }: System) {
  return {
    [`${capital(name)}Role`]: {
      Condition: `Makes${capital(name)}`,
      Description: `ARN of the role for ${name}: the input \`role\`.`,
      Value: get(`${capital(name)}Role.Arn`),
    },
  };
}

function text(description: string, pattern: string) {
  return { Type: "String", Description: description, AllowedPattern: quoted(pattern) };
}

/** Any tree with `!Ref` and `!Sub` where its strings hold `${…}`. */
function substituted(value: unknown): unknown {
  if (typeof value === "string") {
    const alone = /^\$\{([\w:]+)\}$/.exec(value)?.[1];
    if (alone) return ref(alone);
    if (value.includes("${")) return sub(value);
    return value === "true" || value === "false" ? quoted(value) : value;
  }
  if (Array.isArray(value)) return value.map(substituted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, substituted(inner)]));
}

function tagged(tag: string, value: string): Scalar {
  const scalar = new Scalar(value);
  scalar.tag = tag;
  return scalar;
}

const ref = (name: string) => tagged("!Ref", name);
const get = (path: string) => tagged("!GetAtt", path);

function sub(value: string): Scalar {
  const scalar = tagged("!Sub", value);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function quoted(value: string): Scalar {
  const scalar = new Scalar(value);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function choose(condition: string, then: Scalar, otherwise: Scalar): YAMLSeq {
  return sequence("!If", [new Scalar(condition), then, otherwise]);
}

/** A part of a list that is there when a condition holds. */
function when(condition: string, part: unknown): YAMLSeq {
  return sequence("!If", [new Scalar(condition), part, ref("AWS::NoValue")]);
}

function not(condition: YAMLSeq): YAMLSeq {
  return sequence("!Not", [condition]);
}

function equals(parameter: string): YAMLSeq {
  return sequence("!Equals", [ref(parameter), quoted("")]);
}

function sequence(tag: string, items: unknown[]): YAMLSeq {
  const list = new YAMLSeq();
  list.tag = tag;
  list.flow = items.every((item) => item instanceof Scalar);
  list.items = items;
  return list;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
