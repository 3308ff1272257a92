import type { Metadata } from 'next';
import { CertificateView } from '#components/certificate-view.tsx';
import { orNotFound } from '../../not-found-answer.ts';
import { serverApi } from '../../server.ts';

type Props = { params: Promise<{ id: string }> };

const certificateOf = async ({ params }: Props) => {
  const { id } = await params;
  return orNotFound((await serverApi()).certificate.byId({ id }));
};

export const generateMetadata = async (props: Props): Promise<Metadata> => {
  const { constructId } = await certificateOf(props);
  return { title: `Certificate of ${constructId}` };
};

const CertificatePage = async (props: Props) => {
  const certificate = await certificateOf(props);
  const audit = await (await serverApi()).certificate.audit({ id: certificate.id });
  const standing = await (await serverApi()).certificate.standing({ id: certificate.id });
  return <CertificateView certificate={certificate} standing={standing} audit={audit} />;
};

export default CertificatePage;
