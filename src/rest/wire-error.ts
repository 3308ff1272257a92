/** A request that the transport rejects before it calls a verb, with a status of its own. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly status: 400 | 410 | 413;

  constructor(status: 400 | 410 | 413, message: string) {
    super(message);
    this.status = status;
  }
}
