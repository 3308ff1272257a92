import { type Node, parseSync } from 'oxc-parser';

/** One import of a file, however it is written: a statement, a re-export, `import()`, a type's `import('…')`, `require`. */
export type Import = {
  /** As it is written; null where it is computed, so that nobody can tell what it names. */
  specifier: string | null;
  /** Only types are taken, so that nothing of it is loaded. */
  types: boolean;
};

/** What a node imports from, where it imports. */
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
 * @throws Error where it does not parse.
 */
export const readImports = (file: string, source: string): Import[] => {
  const { program, errors } = parseSync(file, source);
  if (errors[0] !== undefined) throw new Error(`${file} does not parse: ${errors[0].message}`);
  return [...nodesOf(program)].flatMap((node) => {
    const imported = importedBy(node);
    return imported === null ? [] : [{ specifier: textOf(imported.source), types: imported.types }];
  });
};
