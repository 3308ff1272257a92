import { openOutside } from './outside.ts';
import { type OutsideOrder, outsideOrderSchema } from './outside-elsewhere.ts';

/** A separate process for the services around a fleet, so that their processor time is not the fleet's. */
const order: OutsideOrder = outsideOrderSchema.parse(JSON.parse(process.argv[2] ?? ''));
const outside = await openOutside(order);
Object.assign(outside.latency, order.latency);
process.send?.({
  oracleUrl: outside.oracleUrl,
  settings: Array.from({ length: order.workers }, (_, worker) => outside.settingsOf(worker)),
});
