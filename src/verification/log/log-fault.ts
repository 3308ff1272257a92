/**
 * Why something read from a log cannot be used.
 *
 * - `malformed`: it does not have the form that its specification gives.
 * - `altered`: it has the form, but does not hash to what the log signed.
 * - `missing`: the log must serve it and does not.
 */
export type LogFaultKind = 'malformed' | 'altered' | 'missing';

/** What the pure parts of a log throw for what they were given to read. Other errors come from the caller's ports. */
export class LogFault extends Error {
  override readonly name = 'LogFault';
  readonly kind: LogFaultKind;

  constructor(kind: LogFaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
