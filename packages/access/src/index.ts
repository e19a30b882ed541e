export {
  type PolicyDocument,
  type PolicyStatement,
  placeholdersIn,
  policyDocument,
  policyFor,
  type Statement,
  sessionPolicy,
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
