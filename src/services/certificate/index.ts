export { getPublicCertificate } from './get.ts';
export { listPublicCertificates } from './list.ts';
