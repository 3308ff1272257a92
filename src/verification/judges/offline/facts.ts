import { type Decision, falseId, open } from './decisions.ts';
import type { DiffIndex } from './diff-index.ts';
import { decideMove, decidePair } from './pair-facts.ts';
import { decidePresence } from './presence-facts.ts';
import { decideSaid } from './said-facts.ts';
import type { Statement } from './statement.ts';
import { decideGives, decideValue } from './value-facts.ts';

/** Rules on one statement. Linear in the places of the names that it holds. */
export function decide(statement: Statement, index: DiffIndex): Decision {
  if (statement.path !== null && index.filesNamed(statement.path).length === 0) {
    // A file that the change does not touch.
    if (index.says(statement.path) || statement.loose) return open;
    return { kind: 'false', id: falseId(statement) };
  }
  const files = statement.path === null ? index.files : index.filesNamed(statement.path);
  switch (statement.form) {
    case 'file':
      return decideFile(statement, index);
    case 'added':
    case 'removed':
      return decidePresence(statement, files, index);
    case 'renamed':
    case 'replaced':
      return decidePair(statement, files, index);
    case 'moved':
      return decideMove(statement, index);
    case 'value':
      return decideValue(statement, files, index);
    case 'said':
      return decideSaid(statement, files, index);
    case 'gives':
      return decideGives(statement, files, index);
  }
}

function decideFile(statement: Extract<Statement, { form: 'file' }>, index: DiffIndex): Decision {
  const [file, ...others] = index.filesNamed(statement.file);
  if (!file)
    return index.says(statement.file) || statement.loose ? open : { kind: 'false', id: falseId(statement) };
  if (others.length > 0) return open;
  const { status, path, oldPath } = file.parsed;
  const isSo =
    statement.status === 'renamed'
      ? status === 'renamed' && (statement.to === null || index.filesNamed(statement.to).includes(file))
      : statement.status === 'added'
        ? status === 'added' || status === 'copied'
        : status === 'deleted' || (status === 'renamed' && oldPath?.endsWith(statement.file) === true);
  if (isSo) return { kind: 'true', id: `file ${statement.status} ${path}`, file, line: null, within: [] };
  return statement.loose ? open : { kind: 'false', id: falseId(statement) };
}
