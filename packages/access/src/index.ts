export {
  type PolicyDocument,
  type PolicyStatement,
  placeholdersIn,
  policyDocument,
  type Statement,
  sessionPolicy,
  statementsFor,
} from "./policy.ts";
export {
  type ConditionalRule,
  type Grant,
  grantName,
  grantsOf,
  groupOf,
  type RbacObject,
  type Rule,
  rbacObjects,
  systemsOf,
  withoutGrant,
} from "./rbac.ts";
