export {
  type PolicyDocument,
  type PolicyStatement,
  placeholdersIn,
  policyDocument,
  type Statement,
  statementsFor,
} from "./policy.ts";
