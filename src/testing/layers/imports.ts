import { type Node, parseSync } from 'oxc-parser';

/** One import in any form: a statement, a re-export, `import()`, a type's `import('…')` or `require`. */
export type Import = {
  /** As written. Null: it is computed, so its target is unknown. */
  specifier: string | null;
  /** Only types are imported, so nothing is loaded. */
  types: boolean;
};

/** The source a node imports from, or null if it imports nothing. */
const importedBy = (node: Node): { source: Node | undefined; types: boolean } | null => {
  switch (node.type) {
    case 'ImportDeclaration':
      return {
        source: node.source,
        types:
          node.importKind === 'type' ||
          (node.specifiers.length > 0 &&
            node.specifiers.every((one) => one.type === 'ImportSpecifier' && one.importKind === 'type')),
      };
    case 'ExportNamedDeclaration':
      return (
        node.source && {
          source: node.source,
          types: node.exportKind === 'type' || node.specifiers.every((one) => one.exportKind === 'type'),
        }
      );
    case 'ExportAllDeclaration':
      return { source: node.source, types: node.exportKind === 'type' };
    case 'ImportExpression':
      return { source: node.source, types: false };
    case 'TSImportType':
      return { source: node.source, types: true };
    case 'TSExternalModuleReference':
      return { source: node.expression, types: false };
    case 'CallExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'require'
        ? { source: node.arguments[0], types: false }
        : null;
    default:
      return null;
  }
};

const textOf = (node: Node | undefined): string | null => {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? null;
  return null;
};

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values(node).flat()) if (isNode(child)) yield* nodesOf(child);
}

/**
 * Every import of a TypeScript source.
 * @throws Error if it does not parse.
 */
export const readImports = (file: string, source: string): Import[] => {
  const { program, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new Error(`${file} does not parse: ${errors[0].message}`);
  return [...nodesOf(program)].flatMap((node) => {
    const imported = importedBy(node);
    return imported === null ? [] : [{ specifier: textOf(imported.source), types: imported.types }];
  });
};
