/**
 * Preloaded into the fleet's programs, so that their clock can be moved from outside, as if a machine's clock were set.
 * `Date` moves. Timers and the database's clock do not.
 */
const TrueDate = Date;
let movedMs = 0;

const movedNow = () => TrueDate.now() + movedMs;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, argv, newTarget) =>
    Reflect.construct(target, argv.length === 0 ? [movedNow()] : argv, newTarget),
  apply: () => new TrueDate(movedNow()).toString(),
  get: (target, name, receiver) => (name === 'now' ? movedNow : Reflect.get(target, name, receiver)),
});

process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'clockMovedMs' in message)
    movedMs = Number(message.clockMovedMs);
  // The sender waits for the answer to know that this program runs.
  process.send?.({ clockMovedMs: movedMs }, () => {});
});
