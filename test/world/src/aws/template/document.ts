import {
  type CollectionTag,
  parseDocument,
  type ScalarTag,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";

/** A CloudFormation template as it was written, its short tags in their long form. */
export type Template = {
  Parameters?: Record<string, ParameterDeclaration>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, ResourceDeclaration>;
  Outputs?: Record<string, { Value: unknown; Condition?: string }>;
};

export type ParameterDeclaration = {
  Type: string;
  Default?: string | number;
  AllowedValues?: (string | number)[];
  AllowedPattern?: string;
  MinLength?: number;
  MaxLength?: number;
};

export type ResourceDeclaration = {
  Type: string;
  Condition?: string;
  DependsOn?: string | string[];
  Properties?: Record<string, unknown>;
};

const SECTIONS = [
  "AWSTemplateFormatVersion",
  "Description",
  "Metadata",
  "Parameters",
  "Conditions",
  "Resources",
  "Outputs",
];

const PARAMETER = [
  "Type",
  "Description",
  "Default",
  "AllowedValues",
  "AllowedPattern",
  "ConstraintDescription",
  "MinLength",
  "MaxLength",
];

const RESOURCE = [
  "Type",
  "Condition",
  "DependsOn",
  "Properties",
  "DeletionPolicy",
  "UpdateReplacePolicy",
  "Metadata",
];

const OUTPUT = ["Description", "Value", "Export", "Condition"];

/** Reads YAML or JSON. What this world does not act on is an error, never skipped. */
export function readTemplate(text: string): Template {
  const document = parseDocument(text, { customTags: shortTags, logLevel: "silent" });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw new Error(`the template cannot be read: ${fault.message}`);
  const template = document.toJS() as Template;
  onlyKnown(template, SECTIONS, "the template");
  for (const [name, parameter] of entries(template.Parameters)) {
    onlyKnown(parameter, PARAMETER, `the parameter ${name}`);
  }
  for (const [name, resource] of entries(template.Resources)) {
    onlyKnown(resource, RESOURCE, `the resource ${name}`);
  }
  for (const [name, output] of entries(template.Outputs)) {
    onlyKnown(output, OUTPUT, `the output ${name}`);
  }
  return template;
}

/** Throws when `value` has a member that is not in `names`. */
export function onlyKnown(value: object, names: string[], where: string): void {
  const stranger = Object.keys(value).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new Error(`${where} has ${stranger}, which this world does not know`);
  }
}

function entries<T>(section: Record<string, T> | undefined): [string, T][] {
  return Object.entries(section ?? {});
}

const FUNCTIONS = ["GetAtt", "Sub", "Join", "If", "Equals", "And", "Or", "Not", "Select", "Split"];

function longName(name: string): string {
  return FUNCTIONS.includes(name) ? `Fn::${name}` : name;
}

const shortTags = [...FUNCTIONS, "Ref", "Condition"].flatMap((name) => [
  scalarTag(name),
  collectionTag(name, "seq"),
  collectionTag(name, "map"),
]);

function scalarTag(name: string): ScalarTag {
  const dotted = (text: string) => {
    const at = text.indexOf(".");
    return [text.slice(0, at), text.slice(at + 1)];
  };
  return {
    tag: `!${name}`,
    resolve: (text) => ({ [longName(name)]: name === "GetAtt" ? dotted(text) : text }),
  };
}

function collectionTag(name: string, collection: "seq" | "map"): CollectionTag {
  return {
    tag: `!${name}`,
    collection,
    resolve: (value) => {
      const plain = (value as YAMLSeq | YAMLMap).toJSON() as unknown;
      return { [longName(name)]: plain } as never;
    },
  };
}
