import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { root } from "../tools.ts";

/** The names that are taken of a file. */
type Names = readonly string[] | "all";

type Link = { to: string; names: Names };

type Source = {
  /** Has nothing of its own: all that it exports is another file's. */
  passesOn: boolean;
  links: Link[];
};

/**
 * These sources and those of the workspace that they use, by their paths below the root. Of one
 * that only passes on what others export, those are used whose names are asked for.
 */
export function withImports(paths: readonly string[]): string[] {
  const seen = new Set<string>();
  const take = (path: string, names: Names): void => {
    const { passesOn, links } = sourceOf(path);
    if (passesOn) {
      for (const link of links) {
        const asked = common(link.names, names);
        if (asked.length > 0) take(link.to, asked);
      }
      return;
    }
    if (seen.has(path)) return;
    seen.add(path);
    for (const { to, names } of links) take(to, names);
  };
  for (const path of paths) take(path, "all");
  return [...seen].sort();
}

function common(some: Names, others: Names): Names {
  if (some === "all") return others;
  return others === "all" ? some : some.filter((name) => others.includes(name));
}

const sources = new Map<string, Source>();

function sourceOf(path: string): Source {
  const known = sources.get(path);
  if (known) return known;
  const text = readFileSync(join(root, path), "utf8");
  const source = readSource(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true), path);
  sources.set(path, source);
  return source;
}

function readSource(file: ts.SourceFile, path: string): Source {
  const links: Link[] = [];
  const visit = (node: ts.Node): void => {
    const taken = takenBy(node);
    const to = taken && fileOf(taken.from, path);
    if (to) links.push({ to, names: taken.names });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { passesOn: file.statements.every(isPassedOn), links };
}

const isPassedOn = (statement: ts.Statement): boolean =>
  ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;

/** What a node takes, and from where; types are taken by nobody who runs. */
function takenBy(node: ts.Node): { from: string; names: Names } | undefined {
  if (ts.isImportDeclaration(node)) {
    const from = (node.moduleSpecifier as ts.StringLiteral).text;
    const bindings = node.importClause?.namedBindings;
    if (node.importClause?.isTypeOnly) return undefined;
    return { from, names: bindings && ts.isNamedImports(bindings) ? valuesOf(bindings) : "all" };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && !node.isTypeOnly) {
    const from = (node.moduleSpecifier as ts.StringLiteral).text;
    const { exportClause } = node;
    const isNamed = exportClause !== undefined && ts.isNamedExports(exportClause);
    return { from, names: isNamed ? valuesOf(exportClause) : "all" };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [from] = node.arguments;
    return from && ts.isStringLiteral(from) ? { from: from.text, names: "all" } : undefined;
  }
  return undefined;
}

function valuesOf({ elements }: ts.NamedImports | ts.NamedExports): string[] {
  const values = elements.filter(({ isTypeOnly }) => !isTypeOnly);
  return values.map(({ name, propertyName }) => (propertyName ?? name).text);
}

const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/** The source of the workspace that an import names; undefined for a package from elsewhere. */
function fileOf(specifier: string, importer: string): string | undefined {
  const { resolvedModule } = ts.resolveModuleName(
    ...([specifier, join(root, importer), options, ts.sys] as const),
    ...([undefined, undefined, ts.ModuleKind.ESNext] as const),
  );
  if (!resolvedModule || resolvedModule.resolvedFileName.includes("node_modules")) return undefined;
  return relative(root, resolvedModule.resolvedFileName);
}
