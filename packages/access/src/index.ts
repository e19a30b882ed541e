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
  type Grant,
  grantName,
  grantsOf,
  groupOf,
  type RbacObject,
  type Rule,
  rbacObjects,
  withoutGrant,
} from "./rbac.ts";
