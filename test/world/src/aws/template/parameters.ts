import type { ParameterDeclaration } from "./document.ts";

export type ParameterValues = Record<string, string | string[]>;

/** The parameters' values, given or by default, checked as CloudFormation checks them. */
export function parameterValues(
  declared: Record<string, ParameterDeclaration>,
  given: Record<string, string>,
): ParameterValues {
  const stranger = Object.keys(given).find((name) => !(name in declared));
  if (stranger !== undefined) throw new Error(`the template has no parameter ${stranger}`);
  return Object.fromEntries(
    Object.entries(declared).map(([name, declaration]) => {
      const text = given[name] ?? declaration.Default;
      if (text === undefined) throw new Error(`the parameter ${name} has no value`);
      return [name, parameterValue(name, declaration, String(text))];
    }),
  );
}

function parameterValue(name: string, declaration: ParameterDeclaration, text: string) {
  if (declaration.Type === "CommaDelimitedList") {
    const items = text.split(",").map((item) => item.trim());
    for (const item of items) check(name, declaration, item);
    return items;
  }
  if (declaration.Type !== "String" && declaration.Type !== "Number") {
    throw new Error(`the parameter ${name} is a ${declaration.Type}, which this world has not`);
  }
  if (declaration.Type === "Number" && !Number.isFinite(Number(text))) {
    throw new Error(`the parameter ${name} is not a number: ${text}`);
  }
  check(name, declaration, text);
  return text;
}

function check(name: string, declaration: ParameterDeclaration, text: string): void {
  const { AllowedValues, AllowedPattern, MinLength = 0, MaxLength = 4_096 } = declaration;
  const pattern = AllowedPattern === undefined ? undefined : new RegExp(`^(?:${AllowedPattern})$`);
  const fits =
    (AllowedValues === undefined || AllowedValues.map(String).includes(text)) &&
    (pattern === undefined || pattern.test(text)) &&
    text.length >= MinLength &&
    text.length <= MaxLength;
  if (!fits) throw new Error(`the parameter ${name} does not allow ${JSON.stringify(text)}`);
}
