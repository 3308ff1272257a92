export { beginAudit } from './begin.ts';
export { closeAudits } from './close.ts';
export { finishAudit } from './finish.ts';
export { findPublicAudit, getAuditProgress, getPublicAudit } from './get.ts';
export { labelClaim } from './label.ts';
export { auditTask } from './task.ts';
