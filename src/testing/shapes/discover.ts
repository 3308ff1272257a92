import { join, relative } from 'node:path';
import { API, SignatureKind, SymbolFlags } from 'typescript/unstable/sync';
import type { Argument, Result } from './argument.ts';
import { argumentReader } from './argument-reader.ts';

const projectDir = join(import.meta.dirname, '../../..');
const src = join(projectDir, 'src');

export type Discovered = {
  /** Below `src`. */
  file: string;
  name: string;
  /** A schema is called with `safeParse`. */
  kind: 'function' | 'schema';
  parameters: Argument[];
  result: Result;
};

/** The functions and schemas that these modules export, each once, with what they take. */
export const discoverExports = (isWalked: (file: string) => boolean): Discovered[] => {
  const api = new API({ cwd: projectDir });
  try {
    const [project] = api.updateSnapshot({ openProject: join(projectDir, 'tsconfig.json') }).getProjects();
    if (project === undefined) throw new Error('The TypeScript project could not be opened.');
    const { program, checker } = project;
    const { read, parametersOf, resultOf } = argumentReader(checker);
    const files = program
      .getSourceFileNames()
      .filter((path) => path.startsWith(`${src}/`) && isWalked(relative(src, path)));
    return files.flatMap((path) => {
      const source = program.getSourceFile(path);
      const module = source && checker.getSymbolAtLocation(source);
      if (module === undefined) return [];
      return checker.getExportsOfModule(module).flatMap((symbol): Discovered[] => {
        // What a module passes on was found where it is declared.
        if (symbol.flags & SymbolFlags.Alias) return [];
        const type = checker.getTypeOfSymbol(symbol);
        if (type === undefined) return [];
        const found = { file: relative(src, path), name: symbol.name };
        const internals = checker.getPropertyOfType(type, '_zod');
        if (internals !== undefined && checker.getPropertyOfType(type, 'safeParse') !== undefined) {
          const input = checker.getPropertyOfType(type, '_input');
          const inputType = input && checker.getTypeOfSymbol(input);
          return inputType === undefined
            ? []
            : [{ ...found, kind: 'schema', parameters: [read(inputType)], result: { kind: 'value' } }];
        }
        const [signature] = checker.getSignaturesOfType(type, SignatureKind.Call);
        if (signature === undefined) return [];
        return [
          {
            ...found,
            kind: 'function',
            parameters: parametersOf(signature),
            result: resultOf(checker.getReturnTypeOfSignature(signature)),
          },
        ];
      });
    });
  } finally {
    api.close();
  }
};
