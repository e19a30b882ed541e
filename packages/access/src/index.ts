export {
  type PolicyDocument,
  type PolicyStatement,
  placeholdersIn,
  policyDocument,
  type Statement,
  sessionPolicy,
  statementsFor,
} from "./policy.ts";
