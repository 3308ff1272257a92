export { spendAccountBudget } from './account-budget.ts';
export {
  type Actor,
  type Credential,
  hasScope,
  type InstallationPolicy,
  type Log,
  type ServiceContext,
  type WorkerContext,
} from './context.ts';
export { Fault, Outage, reportFault } from './fault.ts';
export { prepareDatabase, rollBackDatabase } from './prepare-database.ts';
export { type Readiness, readiness } from './readiness.ts';
export { hasHeardOutage, hearingOutage } from './request-outage.ts';
export { standingOf } from './standing.ts';
