import type { TokenScope } from './account.ts';
import { AppError } from './errors.ts';

/** The credential may not do what was asked (`insufficient_scope` of RFC 6750). Null: no scope would be enough. */
export class InsufficientScope extends AppError {
  readonly scope: TokenScope | null;

  constructor(scope: TokenScope | null) {
    super(
      'FORBIDDEN',
      scope === null
        ? 'Personal tokens cannot do this. Sign in instead.'
        : `This token lacks the scope ${scope}. Use a token that has it.`,
    );
    this.scope = scope;
  }
}
