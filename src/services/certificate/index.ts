export { getBundle, getTlogProof } from './bundle.ts';
export { closeDispute, getDisputeOpening, openDispute, removeDisputeText } from './dispute.ts';
export { getEvidence, getOpenings, getProvenLine, getSignature, getSignedDocument } from './files.ts';
export { getPublicCertificate } from './get.ts';
export { listPublicCertificates } from './list.ts';
export { openExpired } from './open-expired.ts';
export { certificateOptions } from './permission.ts';
export { revokeCertificate } from './revoke.ts';
export { getCertificateStanding } from './standing.ts';
