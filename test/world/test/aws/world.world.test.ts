import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { githubClaims, RELEASE_JOB, startWorld } from "../../src/index.ts";

test("a world with AWS has the issuer that its account trusts", async () => {
  await using world = await startWorld({ aws: {} });
  const { outputs } = await world.aws.deployTemplate(`
Resources:
  GitHub:
    Type: AWS::IAM::OIDCProvider
    Properties: { Url: "${world.issuer.name}", ClientIdList: [sts.amazonaws.com] }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          Effect: Allow
          Principal: { Federated: !Ref GitHub }
          Action: sts:AssumeRoleWithWebIdentity
          Condition: { StringLike: { "token.actions.githubusercontent.com:sub": "repo:acme/*" } }
Outputs: { Role: { Value: !GetAtt Role.Arn } }
`);
  const claims = githubClaims(RELEASE_JOB);
  const { url: endpoint, region } = world.aws;

  const opened = new STSClient({ endpoint, region }).send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: outputs.Role,
      RoleSessionName: "run-1",
      WebIdentityToken: await world.issuer.sign(claims, { audience: "sts.amazonaws.com" }),
    }),
  );

  expect((await opened).SubjectFromWebIdentityToken).toBe("repo:acme/app:ref:refs/heads/main");
});
